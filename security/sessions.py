"""Sessions of which the database knows only a digest: whoever copies the table can sign in nowhere.

This is Django's database engine with the key hashed wherever it meets the database (``SESSION_ENGINE``).
"""

import hashlib
from typing import Any, cast

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import CreateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import transaction
from django.utils import timezone

from .models import AuthenticatorApp, Session, SignIn

ENDED = "The session was ended."
SIGN_IN = "sign-in"  # the key under which a session names the row of what was observed of it


def digest(session_key: str) -> str:
    """Return what is stored of a session key. Django's keys have 165 random bits, so a plain hash will do."""
    return hashlib.sha256(session_key.encode("utf-8", "replace")).hexdigest()


@transaction.atomic
def end_sessions(member: Any, except_key: str | None = None) -> int:
    """End every session of ``member`` but the one whose cookie carries ``except_key``; return how many.

    Apps that were about to be added go as well: whoever is put out may have seen their secrets.
    """
    kept = digest(except_key or "")
    ended = Session.objects.filter(member=member).exclude(session_key=kept)
    count = ended.count()
    ended.delete()
    SignIn.objects.filter(member=member).exclude(sessions__session_key=kept).delete()
    AuthenticatorApp.objects.filter(user=member, confirmed=False).delete()
    return count


def end_session(sign_in: SignIn) -> None:
    """End what began with one sign-in, and forget what was noticed of it."""
    sign_in.delete()


def carry_over(member: Any) -> None:
    """Let the sessions of ``member`` go on after their password was hashed anew: each holds a digest of the hash."""
    proof = member.get_session_auth_hash()
    for row in Session.objects.filter(member=member).select_for_update():
        store = SessionStore()
        data = store.decode(row.session_data)
        if HASH_SESSION_KEY in data:
            encoded = store.encode(data | {HASH_SESSION_KEY: proof})
            Session.objects.filter(pk=row.pk).update(session_data=encoded)


class SessionStore(DatabaseStore):
    """A session whose key stays with the browser."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        found = Session.objects.filter(
            session_key=digest(self.session_key or ""), expire_date__gt=timezone.now()
        ).first()
        if found is None:
            self._session_key = None
        return found

    async def _aget_session_from_db(self) -> Session | None:
        rows = Session.objects.filter(session_key=digest(self.session_key or ""), expire_date__gt=timezone.now())
        found = await rows.afirst()
        if found is None:
            self._session_key = None
        return found

    def create(self) -> None:
        """Begin a session under a new key. Raises ``SessionInterrupted``.

        Django tries for ever, since a row can be refused only for a key that is taken. Ours is refused too when the
        sign-in it came from was ended at this moment.
        """
        self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
        try:
            self.save(must_create=True)
        except CreateError:
            raise SessionInterrupted(ENDED) from None
        self.modified = True

    async def acreate(self) -> None:
        self._session_key = await self._aget_new_session_key()  # type: ignore[attr-defined]
        try:
            await self.asave(must_create=True)
        except CreateError:
            raise SessionInterrupted(ENDED) from None
        self.modified = True

    def cycle_key(self) -> None:
        """Go on under a new key. Raises ``SessionInterrupted`` if somebody ended the session at this moment.

        The row is renamed: one that is written anew would bring back what was ended.
        """
        self._get_session()  # type: ignore[attr-defined]
        if self.session_key is None:
            super().cycle_key()
            return
        key = self._get_new_session_key()  # type: ignore[attr-defined]
        if not Session.objects.filter(session_key=digest(self.session_key)).update(session_key=digest(key)):
            raise SessionInterrupted(ENDED)
        self._session_key, self.modified = key, True

    async def acycle_key(self) -> None:
        await self._aget_session()  # type: ignore[attr-defined]
        if self.session_key is None:
            await super().acycle_key()
            return
        key = await self._aget_new_session_key()  # type: ignore[attr-defined]
        if not await Session.objects.filter(session_key=digest(self.session_key)).aupdate(session_key=digest(key)):
            raise SessionInterrupted(ENDED)
        self._session_key, self.modified = key, True

    def flush(self) -> None:
        """End the session, and forget what was noticed of the sign-in that began it."""
        sign_in: Any = self.get(SIGN_IN)
        super().flush()
        SignIn.objects.filter(pk=sign_in).delete()

    async def aflush(self) -> None:
        sign_in: Any = await self.aget(SIGN_IN)
        await super().aflush()
        await SignIn.objects.filter(pk=sign_in).adelete()

    def exists(self, session_key: str) -> bool:
        return super().exists(digest(session_key))

    async def aexists(self, session_key: str) -> bool:
        return await super().aexists(digest(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        return _sealed(super().create_model_instance(data), data)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Session:
        return _sealed(await super().acreate_model_instance(data), data)

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            Session.objects.filter(session_key=digest(key)).delete()

    async def adelete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            await Session.objects.filter(session_key=digest(key)).adelete()


def _sealed(row: Any, data: dict[str, Any]) -> Session:
    """Put the digest in place of the key, and beside it whose session it is and which sign-in began it."""
    row.session_key = digest(row.session_key)
    row.member_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
    row.sign_in_id = data.get(SIGN_IN)
    return cast("Session", row)
