"""Limits of a web process, counted before anything is read or verified.

`limit_values` has them all by name; `request_limits` counts requests and open streams against them,
for the address that `client_ip` finds; `fair_queue` and `refusal_pace` say in which order requests
begin and how fast refusals are answered.
"""
