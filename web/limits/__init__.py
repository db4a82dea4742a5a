"""Limits of a web process, which apply before a request is read or verified.

`limit_values` names them all; `request_limits` counts requests and open streams by the address that
`client_ip` finds; `fair_queue` orders requests; `refusal_pace` slows refusals down.
"""
