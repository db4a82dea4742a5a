"""What can go wrong in the coupon office, by what the caller can do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.errors import DataError, IntegrityError, UndefinedColumn, UndefinedTable
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.stores.error_cause import describe_cause

# An attribute of an error of the driver: `host:port`, where its message may not have it.
ADDRESS = "waitroom_address"


class OfficeError(Exception):
    """Something is wrong with issuing coupons."""


class OfficeAway(OfficeError):
    """Coupons are unavailable right now. Try again in a moment."""


class OfficeRefused(OfficeAway):
    """Coupons can't be issued right now. Try again in a moment."""


class SchemaBusy(OfficeError):
    """The tables were busy, so nothing was changed. Try again at a quieter moment."""


class NoSuchCoupon(OfficeError):
    """There is no such coupon."""


class NoSuchIssuedCoupon(OfficeError):
    """You don't have this coupon."""


class CodeTaken(OfficeError):
    """A coupon with this code already exists. Choose another code."""


class NotDirect(OfficeError):
    """This coupon is issued through its line. Get in line instead."""


class NameTaken(OfficeError):
    """There is already an admin with this name."""


class NoSuchAdmin(OfficeError):
    """There is no admin with this name."""


@contextmanager
def translate_postgres_errors() -> Iterator[None]:
    """Raise OfficeAway, whose text names the cause, for what the driver of Postgres raises.

    OfficeRefused where Postgres answered and refused: a table that is missing, a permission, a full
    disk, a server that is read-only. What the values given are at fault for stays as it is: to try
    it again would not help.
    """
    try:
        yield
    except PoolTimeout as error:
        raise OfficeAway("no connection to Postgres became free in time") from error
    except DBAPIError as error:
        found = error.orig
        if error.connection_invalidated or not isinstance(found, psycopg.Error):
            raise OfficeAway(cause(error)) from error
        if isinstance(found, (DataError, IntegrityError)):
            raise
        raise _kind(found)(cause(found)) from error
    except (DataError, IntegrityError):
        raise
    except psycopg.Error as error:
        raise _kind(error)(cause(error)) from error


def queue_cause(error: RedisError) -> str:
    """What redis-py raised about the queue's Redis, in one sentence."""
    return f"the queue's Redis: {describe_cause(error)}"


def cause(error: BaseException) -> str:
    """What a driver's error says, without the values that a statement was about."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        # Its detail may name people.
        said = f"Postgres: {error.diag.message_primary}"
        is_missing = isinstance(error, (UndefinedTable, UndefinedColumn))
        return f"{said}; was `waitroom migrate` run?" if is_missing else said
    return describe_cause(error, getattr(error, ADDRESS, ""))


def _kind(error: psycopg.Error) -> type[OfficeAway]:
    """Whether nobody answered, or Postgres did, and refused."""
    code = error.sqlstate or ""
    # Connection exceptions, too many of them or too little memory, the server going down.
    if not code or code.startswith(("08", "57P")) or code in ("53200", "53300"):
        return OfficeAway
    return OfficeRefused
