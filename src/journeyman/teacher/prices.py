"""What teachers cost, as data, and the budget that stops a run before it pays too much.

List prices in US dollars per million tokens, without discounts for cached prompts or batches, so a
run never costs more than it says. They age: give ``Teacher.open`` others where they differ.
"""

import asyncio
import logging
import re
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

from journeyman.errors import BudgetExceededError

logger = logging.getLogger(__name__)

_PER_TOKENS = Decimal(1_000_000)
_SNAPSHOT = re.compile(r"-\d{4}-?\d{2}-?\d{2}$")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    prompt: Decimal
    completion: Decimal
    known: bool = True
    """False for a model nobody gave a price for: its calls count as free."""

    def of(self, prompt_tokens: int, completion_tokens: int) -> Decimal:
        """US dollars for one answer."""
        return (self.prompt * prompt_tokens + self.completion * completion_tokens) / _PER_TOKENS


PRICES: Mapping[str, Price] = {
    "scripted": Price(Decimal(0), Decimal(0)),
    "scripted-oracle": Price(Decimal(0), Decimal(0)),
    "gpt-4o": Price(Decimal("2.50"), Decimal("10.00")),
    "gpt-4o-mini": Price(Decimal("0.15"), Decimal("0.60")),
    "gpt-4.1": Price(Decimal("2.00"), Decimal("8.00")),
    "gpt-4.1-mini": Price(Decimal("0.40"), Decimal("1.60")),
    "gpt-4.1-nano": Price(Decimal("0.10"), Decimal("0.40")),
    "gpt-5": Price(Decimal("1.25"), Decimal("10.00")),
    "gpt-5-mini": Price(Decimal("0.25"), Decimal("2.00")),
    "o4-mini": Price(Decimal("1.10"), Decimal("4.40")),
    "claude-sonnet-4": Price(Decimal("3.00"), Decimal("15.00")),
    "gemini-2.5-pro": Price(Decimal("1.25"), Decimal("10.00")),
    "gemini-2.5-flash": Price(Decimal("0.30"), Decimal("2.50")),
}


def price_of(model: str, prices: Mapping[str, Price] = PRICES) -> Price:
    """The price of ``model``, also under a vendor's prefix (``openai/``) or with a snapshot's date.

    An unknown model is free and not ``known``, with a warning: a budget cannot stop it.
    """
    bare = model.rpartition("/")[2]
    for name in (model, bare, _SNAPSHOT.sub("", bare)):
        if name in prices:
            return prices[name]
    logger.warning("no price is known for model %r; its calls count as free and budget_usd does not stop them", model)
    return Price(Decimal(0), Decimal(0), known=False)


def dollars(amount: Decimal) -> str:
    """Plain decimal text: no exponent, no trailing zeros."""
    return format(amount.normalize(), "f") if amount else "0"


_POLL_SECONDS = 0.05
"""How often a request looks whether those in flight have left it room; a request takes seconds."""


class Budget:
    """A ceiling on what all teachers that share it may be paid.

    A request reserves what it may cost at most before it starts, and waits while only reservations
    of others stand in its way; so the ceiling holds to within what the requests in flight were
    underestimated by.
    """

    def __init__(self, usd: Decimal, *, spent: Decimal = Decimal(0)) -> None:
        self.usd = usd
        self.spent = spent
        """US dollars paid so far, earlier runs of the same scopes included."""
        self._reserved = Decimal(0)
        self._counted: set[str] = set()
        # Shards of one run share a budget and each has its own thread and event loop: a lock guards the
        # sums, and who must wait polls, since an asyncio.Event belongs to one loop.
        self._lock = threading.Lock()

    def count_earlier(self, scope: str, usd: Decimal) -> None:
        """Count what a ledger scope had paid before this process; a second time changes nothing."""
        with self._lock:
            if scope not in self._counted:
                self._counted.add(scope)
                self.spent += usd

    def charge(self, usd: Decimal) -> None:
        """Count a paid answer."""
        with self._lock:
            self.spent += usd

    @asynccontextmanager
    async def reserved(self, estimate: Decimal) -> AsyncIterator[None]:
        """Hold ``estimate`` US dollars for the request made inside. Free requests always pass.

        Raises:
            BudgetExceededError: The request would start over budget.
        """
        while not self._reserve(estimate):  # noqa: ASYNC110 - see _lock
            await asyncio.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            with self._lock:
                self._reserved -= estimate

    def _reserve(self, estimate: Decimal) -> bool:
        with self._lock:
            if estimate and self.spent + self._reserved + estimate > self.usd:
                if not self._reserved:
                    raise BudgetExceededError(
                        f"budget of {dollars(self.usd)} USD is used up: {dollars(self.spent)} paid, the next request "
                        f"may cost {dollars(estimate)}; raise budget_usd to go on where this stopped"
                    )
                return False
            self._reserved += estimate
            return True
