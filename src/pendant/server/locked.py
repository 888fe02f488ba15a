"""While the vault is locked nothing is served but the reason."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pendant.errors import SetupProblem
from pendant.model.vault import VaultState
from pendant.server.answers import Answer
from pendant.server.headers import STATIC_PREFIX
from pendant.server.health import HEALTH_PATH
from pendant.vault import Vault


class OpenVault:
    """Asks until the vault was found open once; asking opens every stored token, and root keys change at start only."""

    def __init__(self, inner: ASGIApp, answer: Answer, vault: Vault) -> None:
        self._inner = inner
        self._answer = answer
        self._vault = vault
        self._found_open = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._found_open and not _always_served(scope["path"]):
            status = await run_in_threadpool(self._vault.status)
            if status.state is VaultState.LOCKED:
                await self._answer(Request(scope), _locked(status.problem))(scope, receive, send)
                return
            self._found_open = True
        await self._inner(scope, receive, send)


def _always_served(path: str) -> bool:
    return path == HEALTH_PATH or path.startswith(STATIC_PREFIX)


def _locked(problem: str) -> SetupProblem:
    return SetupProblem(
        "vault_locked",
        problem or "The vault is locked: no root key of this installation opens the stored tokens.",
        hint="Put the root key back (PENDANT_KEY_DIR or PENDANT_ROOT_KEY_FILE) and start again.",
    )
