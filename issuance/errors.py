"""Errors of the coupon office, by what the caller can do about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.errors import DataError, IntegrityError, UndefinedColumn, UndefinedTable
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.stores.error_cause import describe_cause

# An attribute that we set on the driver's errors: `host:port`, which their messages may lack.
ADDRESS = "waitroom_address"
# SQLSTATEs of a server that shuts down, starts, or takes no writes because it is a standby now.
_WRONG_SERVER = ("25006", "57P01", "57P02", "57P03", "57P05")


class OfficeError(Exception):
    """Something is wrong with issuing coupons."""


class OfficeAway(OfficeError):
    """Coupons are unavailable right now. Try again in a moment."""


class OfficeRefused(OfficeAway):
    """Coupons can’t be issued right now. Try again in a moment."""


class SchemaBusy(OfficeError):
    """The tables were busy, so nothing was changed. Try again at a quieter moment."""


class NoSuchCoupon(OfficeError):
    """There is no such coupon."""


class NoSuchIssuedCoupon(OfficeError):
    """You don’t have this coupon."""


class CodeTaken(OfficeError):
    """A coupon or a room with this code already exists. Choose another code."""


class NotDirect(OfficeError):
    """This coupon is issued through its line. Get in line instead."""


class NameTaken(OfficeError):
    """There is already an admin with this name."""


class NoSuchAdmin(OfficeError):
    """There is no admin with this name."""


@contextmanager
def translate_postgres_errors() -> Iterator[None]:
    """Translate errors of the Postgres driver into OfficeAway, whose text names the cause.

    OfficeRefused if Postgres answered with an error: a missing table or permission, a full disk, a
    read-only server. DataError and IntegrityError pass unchanged: a retry would not help.
    """
    try:
        yield
    except PoolTimeout as error:
        raise OfficeAway("no pooled connection to Postgres became free in time") from error
    except DBAPIError as error:
        found = error.orig
        if error.connection_invalidated or not isinstance(found, psycopg.Error):
            raise OfficeAway(cause(error)) from error
        if isinstance(found, (DataError, IntegrityError)):
            raise
        raise _error_class(found)(cause(found)) from error
    except (DataError, IntegrityError):
        raise
    except psycopg.Error as error:
        raise _error_class(error)(cause(error)) from error


def is_wrong_server(error: BaseException | None) -> bool:
    """Whether a new connection may reach a server that works, after this error of the driver."""
    return isinstance(error, psycopg.Error) and error.sqlstate in _WRONG_SERVER


def queue_cause(error: RedisError) -> str:
    """An error of redis-py about the queue's Redis, in one sentence."""
    return f"the queue's Redis: {describe_cause(error)}"


def cause(error: BaseException) -> str:
    """A driver's error in one sentence, without the statement's values."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        # Not message_detail, which may hold member ids.
        sentence = f"Postgres: {error.diag.message_primary}"
        is_missing = isinstance(error, (UndefinedTable, UndefinedColumn))
        return f"{sentence}; run `waitroom migrate` first" if is_missing else sentence
    return describe_cause(error, getattr(error, ADDRESS, ""))


def _error_class(error: psycopg.Error) -> type[OfficeAway]:
    """OfficeAway if Postgres was unreachable, OfficeRefused if it answered with an error."""
    code = error.sqlstate or ""
    # 08: connection exceptions; 57P: shutdown; 53200, 53300: out of memory, out of connections.
    gone = not code or code.startswith(("08", "57P")) or code in ("53200", "53300")
    if gone or is_wrong_server(error):
        return OfficeAway
    return OfficeRefused
