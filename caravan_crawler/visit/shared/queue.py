"""The articles that wait, in a stream of Redis with one group of consumers: all workers of a crawl.

An entry is in the stream until its article is read and stored. The worker that takes it has it on lease: it
renews the lease while it is at work, and what a dead worker had goes to another. Redis counts how often each
entry was taken. All keys of a crawl begin with the same prefix, and go when it is done.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from redis.exceptions import ResponseError

from caravan_crawler.visit.shared.link import Answer, RedisLink

_GROUP = "workers"
#: Among the workers that are quiet, whichever leads.
_LEAD = "lead"
_AT_ONCE = 1000
#: Seconds for which it is remembered that a crawl is done, for workers that were cut off meanwhile.
_REMEMBERED = 86_400

#: Adds articles that were never added and takes those read out, in one step.
_SETTLE = """
for _, add in ipairs(cjson.decode(ARGV[2])) do
  if redis.call('SADD', KEYS[2], add[1]) == 1 or add[3] then
    redis.call('XADD', KEYS[1], '*', 'key', add[1], 'request', add[2])
  end
end
for i = 3, #ARGV do
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  redis.call('XDEL', KEYS[1], ARGV[i])
end
return redis.call('INCR', KEYS[3])
"""
#: Puts entries that are still somebody's back at the end, as if nobody had taken them.
_GIVE_BACK = """
for i = 2, #ARGV do
  local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])
  if redis.call('XACK', KEYS[1], ARGV[1], ARGV[i]) == 1 and #entry == 1 then
    redis.call('XDEL', KEYS[1], ARGV[i])
    redis.call('XADD', KEYS[1], '*', unpack(entry[1][2]))
  end
end
return 1
"""


class Addition(NamedTuple):
    """An article to add: its key, what is needed to ask for it, and whether to add it though it was added before."""

    key: str
    request: str
    again: bool = False


class Entry(NamedTuple):
    """An article taken: its number in the stream, and how often it was taken, this time included."""

    number: str
    key: str
    request: str
    taken: int


@dataclass(frozen=True)
class State:
    """How things stand: which crawl goes on, if any, whether this worker's is done, and how many articles are unread.

    ``changes`` is another word whenever anything was added or read since.
    """

    crawl: str | None
    is_done: bool
    unread: int
    changes: str


class Queue:
    """The queue as one ``worker`` sees it; ``lease`` is in seconds."""

    def __init__(self, link: RedisLink, prefix: str, worker: str, lease: float) -> None:
        self._link = link
        self._prefix = prefix
        self._worker = worker
        self._lease = round(lease * 1000)
        self._stream, self._seen, self._changes, self._quiet, self._crawl = self._keys = [
            f"{prefix}:{name}" for name in ("articles", "seen", "changes", "quiet", "crawl")
        ]
        self.crawl: str | None = None
        """The crawl this worker takes part in."""

    # The crawl

    def look(self) -> State | None:
        """Return how the crawl stands; None where Redis does not answer."""

        def ask(redis: Any) -> State:
            pipe = redis.pipeline(transaction=True)
            pipe.get(self._crawl)
            pipe.exists(self._done(self.crawl or ""))
            pipe.xlen(self._stream)
            pipe.get(self._changes)
            crawl, is_done, unread, changes = pipe.execute()
            return State(crawl, bool(is_done), unread, changes or "")

        return self._link.ask(ask, None)

    def open(self, crawl: str, *, alone: bool) -> bool:
        """Begin a crawl, or go on with the one that is there; False where it is done, or Redis does not answer.

        A lead that is ``alone`` knows from the store what waits. It leaves of an earlier queue only what was
        taken by workers that died, for the count of how many.
        """

        def ask(redis: Any) -> bool:
            if redis.exists(self._done(crawl)):
                return False  # ended while this worker was about to lead it; what is gone must not be made anew
            redis.set(self._crawl, crawl, nx=True)
            try:
                redis.xgroup_create(self._stream, _GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise
            if alone:
                self._tidy(redis)
            self.crawl = redis.get(self._crawl)
            return True

        return self._link.ask(ask, False)

    def _tidy(self, redis: Any) -> None:
        taken = {row["message_id"] for row in self._pending(redis)}
        redis.delete(self._seen, self._quiet)
        first = "-"
        while entries := redis.xrange(self._stream, min=first, count=_AT_ONCE):
            if untaken := [number for number, _ in entries if number not in taken]:
                redis.xdel(self._stream, *untaken)
            if keys := [fields["key"] for number, fields in entries if number in taken]:
                redis.sadd(self._seen, *keys)
            first = f"({entries[-1][0]}"

    def _pending(self, redis: Any, **which: Any) -> Iterator[dict[str, Any]]:
        first = "-"
        while rows := redis.xpending_range(self._stream, _GROUP, min=first, max="+", count=_AT_ONCE, **which):
            yield from rows
            first = f"({rows[-1]['message_id']}"

    def note_quiet(self, state: State, *, leads: bool) -> None:
        """Note that this worker has nothing to add to the queue as it is."""
        quiet = dict.fromkeys([self._worker, *([_LEAD] if leads else [])], state.changes)
        self._link.ask(lambda redis: redis.hset(self._quiet, mapping=quiet), None)

    def is_lead_quiet(self, state: State) -> bool:
        """Return whether the lead has nothing to add to the queue as it is."""
        return self.is_quiet(state, [_LEAD])

    def is_quiet(self, state: State, workers: Iterable[str]) -> bool:
        """Return whether none of these workers has anything to add to the queue as it is."""
        found: dict[str, str] = self._link.ask(lambda redis: redis.hgetall(self._quiet), {})
        return all(found.get(worker) == state.changes for worker in workers)

    def finish(self) -> bool:
        """Note that the crawl is done, and leave nothing else of it; False where Redis does not answer."""

        def ask(redis: Any) -> bool:
            pipe = redis.pipeline(transaction=True)
            pipe.set(self._done(self.crawl or ""), "1", ex=_REMEMBERED)
            pipe.delete(*self._keys)
            pipe.execute()
            return True

        return self._link.ask(ask, False)

    def _done(self, crawl: str) -> str:
        return f"{self._prefix}:done:{crawl}"

    # Its articles

    def take(self, most: int) -> list[Entry]:
        """Take articles nobody has taken."""

        def ask(redis: Any) -> list[Entry]:
            found = redis.xreadgroup(_GROUP, self._worker, {self._stream: ">"}, count=most)
            entries = found[0][1] if found else []
            return [Entry(number, fields["key"], fields["request"], 1) for number, fields in entries]

        return self._link.ask(_unless_gone(ask, []), [])

    def take_from_dead(self) -> Entry | None:
        """Take an article whose worker has not renewed its lease."""

        def ask(redis: Any) -> Entry | None:
            for row in redis.xpending_range(self._stream, _GROUP, min="-", max="+", count=1, idle=self._lease):
                number = row["message_id"]
                # Another one that was faster has begun its lease anew, and gets it alone.
                for _, fields in redis.xclaim(self._stream, _GROUP, self._worker, self._lease, [number]):
                    return Entry(number, fields["key"], fields["request"], row["times_delivered"] + 1)
            return None

        return self._link.ask(_unless_gone(ask, None), None)

    def renew(self) -> None:
        """Begin the leases of this worker anew; what others have taken over meanwhile stays theirs."""

        def ask(redis: Any) -> None:
            numbers = [row["message_id"] for row in self._pending(redis, consumername=self._worker)]
            if numbers:
                redis.xclaim(self._stream, _GROUP, self._worker, 0, numbers, justid=True)

        self._link.ask(_unless_gone(ask, None), None)

    def settle(self, additions: Iterable[Addition], read: Iterable[str]) -> bool:
        """Add articles and take out those read, in one step; False where Redis does not answer."""
        adds = json.dumps([[add.key, add.request, add.again] for add in additions])

        def ask(redis: Any) -> bool:
            keys = (self._stream, self._seen, self._changes)
            redis.eval(_SETTLE, len(keys), *keys, _GROUP, adds, *read)
            return True

        return self._link.ask(ask, False)

    def leave(self, unread: Iterable[str]) -> None:
        """Give back what this worker has not read, for others to take at once, and be no worker any more."""

        def ask(redis: Any) -> None:
            redis.eval(_GIVE_BACK, 1, self._stream, _GROUP, *unread)
            redis.xgroup_delconsumer(self._stream, _GROUP, self._worker)

        self._link.ask(_unless_gone(ask, None), None)


def _unless_gone(question: Callable[[Any], Answer], otherwise: Answer) -> Callable[[Any], Answer]:
    """Return a question that has an answer also where Redis came back empty, until the lead fills it."""

    def ask(redis: Any) -> Answer:
        try:
            return question(redis)
        except ResponseError as error:
            # Gone may be the group, or with it the whole stream.
            if not any(words in str(error) for words in ("NOGROUP", "requires the key to exist")):
                raise
            return otherwise

    return ask
