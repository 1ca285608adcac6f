"""Asks a teacher forty questions, four at once, and prints each as it is answered; killed by test_ledger.py."""

import asyncio
import sys

from journeyman.schema.message import Message, TextPart
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger


async def main(url: str, store_url: str) -> None:
    """Ask and print."""
    ledger = Ledger(Store(store_url), "kill")
    async with Teacher.open(Settings(OPENAI_BASE_URL=url), ledger, model="scripted", concurrency=4) as teacher:
        turn = asyncio.Semaphore(4)

        async def ask(number: int) -> None:
            async with turn:
                question = f"question-{number}"
                await teacher.text("controller", (Message(role="user", content=(TextPart(text=question),)),), {})
                print(question, flush=True)

        await asyncio.gather(*(ask(number) for number in range(40)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
