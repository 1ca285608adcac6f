"""Whether posts say what they shall, are short, and keep print in quotes."""

import random

from tool_accuracy import Accuracy, Call
from tool_accuracy._scenes import composed

SCENES = 30
TOPICS = ("our summer sale", "the new office sign", "a lost cat", "tickets for Saturday's concert")


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Posts of at most 280 characters that begin with their topic and name a thing that is in the picture."""
    rng = random.Random(167)
    good = 0
    for _ in range(SCENES):
        scene = composed(rng, kinds=("shape", "text", "panel"))
        topic = rng.choice(TOPICS)
        post = call({"s.png": scene.data}, image="s.png", about=topic, tone=rng.choice(("plain", "cheerful"))).value
        names = [t.text or t.names[0] for t in scene.things]
        named = any(name.casefold() in post.casefold() for name in names) or not names
        good += len(post) <= 280 and post.casefold().startswith(topic.casefold()) and named
    return (Accuracy("short posts on their topic that name a thing", good / SCENES, SCENES),)
