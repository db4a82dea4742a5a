"""What can go wrong in the coupon office, by what the caller can do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class OfficeError(Exception):
    """Something is wrong in the coupon office."""


class OfficeAway(OfficeError):
    """The coupon office can't be reached right now. Try again in a moment."""


class SchemaBusy(OfficeError):
    """The tables are in use all the time, so nothing was changed. Try again in a quieter moment."""


class NoSuchCoupon(OfficeError):
    """There is no such coupon."""


class NoSuchIssuedCoupon(OfficeError):
    """You hold no such coupon."""


class CodeTaken(OfficeError):
    """A coupon with this code exists already. Choose another code."""


class NotDirect(OfficeError):
    """This coupon is given out through its line. Enter its room instead."""


class NameTaken(OfficeError):
    """There is an admin of this name already."""


class NoSuchAdmin(OfficeError):
    """There is no admin of this name."""


@contextmanager
def away_is_said() -> Iterator[None]:
    """Turns "no connection" in all its forms into OfficeAway; a broken statement stays a bug."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise OfficeAway from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise OfficeAway from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise OfficeAway from error
        raise
