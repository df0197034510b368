"""Damage recorded netlink answers for a while and read them: `python -m tests.fuzz_rtnetlink [SECONDS [SEED]]`.

Prints how much was read; ends with 1 and the datagram in hexadecimal when a reader raised or took too long.
"""

import random
import sys
import time
import traceback

from tests.properties.test_rtnetlink import RECORDED, read_all

INTERESTING = (0, 1, 2, 3, 4, 7, 8, 15, 16, 20, 127, 128, 254, 255)
TOO_LONG_FOR = 1.0


def damaged(dice: random.Random) -> bytes:
    data = bytearray(dice.choice(RECORDED))
    for _ in range(dice.randint(1, 8)):
        place = dice.randrange(len(data))
        how = dice.randrange(4)
        if how == 0:
            data[place] = dice.choice(INTERESTING)
        elif how == 1:
            data[place] ^= 1 << dice.randrange(8)
        elif how == 2:
            other = dice.choice(RECORDED)
            start = dice.randrange(len(other))
            data[place:place] = other[start : start + dice.randint(1, 64)]
        else:
            del data[place : place + dice.randint(1, 16)]
        if not data:
            data = bytearray(4)
    return bytes(data)


def main(arguments: list[str]) -> int:
    seconds = float(arguments[0]) if arguments else 10.0
    seed = int(arguments[1]) if len(arguments) > 1 else random.randrange(1 << 32)
    dice = random.Random(seed)
    begun_at = time.monotonic()
    count = rows = 0
    while time.monotonic() - begun_at < seconds:
        data = damaged(dice)
        now = time.monotonic()
        try:
            rows += read_all(data)
        except Exception:  # noqa: BLE001 - whatever was raised is the finding
            print(f"seed {seed}, datagram {count}: {data.hex()}\n{traceback.format_exc()}")
            return 1
        if time.monotonic() - now > TOO_LONG_FOR:
            print(f"seed {seed}, datagram {count} took too long: {data.hex()}")
            return 1
        count += 1
    print(f"seed {seed}: {count} datagrams, {rows} results, nothing raised")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
