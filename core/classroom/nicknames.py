"""Nicknames of two words: nobody types a name, so nobody's name is stored and no name is rude."""

import random
from collections.abc import Collection

from core.errors import UserError

ADJECTIVES = (
    "Agile", "Amber", "Brave", "Bright", "Bronze", "Calm", "Careful", "Cheerful", "Clever", "Coral", "Cosmic",
    "Crimson", "Curious", "Daring", "Eager", "Early", "Emerald", "Fair", "Fearless", "Gentle", "Golden", "Graceful",
    "Happy", "Honest", "Indigo", "Jolly", "Keen", "Kind", "Lively", "Loyal", "Lucky", "Merry", "Mighty", "Modest",
    "Nimble", "Noble", "Patient", "Polite", "Proud", "Quick", "Quiet", "Rapid", "Ready", "Royal", "Scarlet",
    "Silent", "Silver", "Smart", "Steady", "Sunny", "Swift", "Tidy", "Tranquil", "Violet", "Vivid", "Warm", "Wise",
    "Witty",
)  # fmt: skip
ANIMALS = (
    "Alpaca", "Antelope", "Badger", "Beaver", "Bison", "Buzzard", "Camel", "Cheetah", "Condor", "Crane", "Curlew",
    "Deer", "Dolphin", "Eagle", "Falcon", "Ferret", "Finch", "Fox", "Gazelle", "Gecko", "Hamster", "Hare", "Hawk",
    "Hedgehog", "Heron", "Ibex", "Ibis", "Jackdaw", "Kestrel", "Kingfisher", "Koala", "Lark", "Lemur", "Leopard",
    "Lizard", "Llama", "Lynx", "Magpie", "Marmot", "Marten", "Otter", "Owl", "Panda", "Panther", "Parrot",
    "Pelican", "Penguin", "Puffin", "Rabbit", "Raven", "Robin", "Salmon", "Seal", "Sparrow", "Squirrel", "Starling",
    "Stork", "Swallow", "Swan", "Tiger", "Toucan", "Turtle", "Walrus", "Wombat", "Zebra",
)  # fmt: skip


def draw_nickname(taken: Collection[str]) -> str:
    """Draw a nickname that nobody in the room has.

    Args:
        taken: Nicknames in the room, also those that were left or removed.

    Raises:
        UserError: All are taken, which needs twenty times as many people as a room holds.

    Example:
        >>> len(draw_nickname(["Quiet Otter"]).split())
        2
    """
    for _ in range(1000):
        name = f"{random.choice(ADJECTIVES)} {random.choice(ANIMALS)}"
        if name not in taken:
            return name
    raise UserError("This room has run out of nicknames; ask the teacher to open another one.")
