"""A carrier module itself: whose it is, how it runs, which nodes it knows."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from config.archive import Meter
from config.schema import Target
from drivers.carrier.exchange import Anew, Exchange
from drivers.errors import NoAnswer
from drivers.surroundings import ArchiveCompared, Surroundings
from protocols.gdw1376_2 import commands
from protocols.gdw1376_2.commands import DENIALS, Command
from protocols.gdw1376_2.session import CarrierDialogue, Reply

__all__ = ["Module", "Running"]

# A command that concerns the module alone is answered within six seconds (clause 4).
_DIRECT_SECONDS = 6.0
_TRIES = 3
_PAGE, _BATCH = 30, 30
_NODE_ROW, _OVERHEAD = 7, 20
_LEAST_FRAME = 128
_HPLC = frozenset({3, 4})
_ROUTE_LEADS = 2
_CONCURRENT_AFN = b"\xf1"
_UNANSWERED_SECONDS = 90.0
_SLACK_SECONDS = 5.0
_PHASES_AGAIN = timedelta(days=1)
_RETRY_SECONDS = 30.0


@dataclass(slots=True, kw_only=True)
class Running:
    """How a module runs: `node_seconds` is how long it may take over a node, `longest` its longest frame in bytes.

    `route_leads` tells that it reads only by its own route; `is_concurrent` that it asks several nodes at once.
    """

    node_seconds: float = _UNANSWERED_SECONDS
    longest: int = 256
    has_routing: bool = True
    route_leads: bool = False
    is_broadband: bool = True
    is_concurrent: bool = False


class Module:
    """One module. `observe(node, phase)` takes what it tells of a node's phase, 1 to 3.

    Its list of nodes and its main node are written only where the link's gate lets that pass. `surveys` tells that
    list and phases are looked at before anything is read; one question to one meter does without.
    """

    def __init__(
        self,
        exchange: Exchange,
        dialogue: CarrierDialogue,
        target: Target,
        around: Surroundings,
        meters: Sequence[Meter],
        observe: Callable[[str, int], None],
    ) -> None:
        self.counters: Counter[str] = Counter()
        self.running = Running()
        self.is_ready = False
        self.is_paused = False
        self.surveys = False
        self._exchange, self._dialogue = exchange, dialogue
        self._ours = dialogue.main_node
        self._target, self._around, self._observe = target, around, observe
        self._nodes: Mapping[str, int] = {
            meter.address: commands.PROTOCOLS[meter.protocol]
            for meter in meters
            if meter.protocol in commands.PROTOCOLS and meter.address.isdigit()
        }
        self._addresses = {meter.address for meter in meters}
        self._is_surveyed = False
        self._lock = asyncio.Lock()
        self._failed = float("-inf")
        self._life = 0
        self._phases: datetime | None = None

    def forget(self) -> None:
        """It began anew: it is to be told everything again."""
        self.is_ready = self._is_surveyed = False
        self.is_paused = False
        self._life += 1

    def knows(self, node: str) -> bool:
        """Whether a node is one of our meters."""
        return node in self._nodes

    async def ready(self, *, leads_itself: bool = False) -> Running:
        """Initialise the module where it needs it; paused for our reading unless it leads.

        Raises NoAnswer where it is silent, at once where it was a moment ago; LinkLost, SendRefused.
        """
        async with self._lock:
            for _ in range(_TRIES):
                try:
                    await self._make_ready(leads_itself=leads_itself)
                except Anew:
                    continue
                if self.is_ready:
                    return self.running
        raise NoAnswer("the module begins anew again and again")

    async def _make_ready(self, *, leads_itself: bool) -> None:
        if not self.is_ready or self.surveys > self._is_surveyed:
            await self._initialise()
        rests = self.running.has_routing and not self.running.route_leads
        if rests and not self.is_paused and not leads_itself:
            await self.command(commands.query(0x12, 2))
            self.is_paused = True

    async def resume(self) -> None:
        """Let it go on with its own work; what it denies stays as it is."""
        if self.is_paused:
            await self.command(commands.query(0x12, 3))
            self.is_paused = False

    async def restart_route(self) -> None:
        """Have it read all nodes by its own route, from the first."""
        await self.command(commands.query(0x12, 1))
        self.is_paused = False

    async def is_there(self) -> bool:
        """Whether it answers at all."""
        try:
            await self.command(commands.query(0x03, 10), tries=1)
        except NoAnswer:
            self.is_ready = self._is_surveyed = False
            return False
        return True

    async def command(self, command: Command, tries: int = _TRIES) -> Reply:
        """What concerns the module alone; raises NoAnswer, LinkLost, SendRefused."""
        for _ in range(tries):
            try:
                return await self._exchange.ask(command, _DIRECT_SECONDS)
            except Anew:
                raise
            except NoAnswer:
                continue
        raise NoAnswer("the module is silent")

    # -- beginning -----------------------------------------------------------------------------------------------

    async def _initialise(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._failed < _RETRY_SECONDS:
            raise NoAnswer("the module is silent")
        life = self._life
        try:
            await self._begin()
        except Anew:
            raise
        except NoAnswer:
            self._failed = now
            raise
        self.counters["initialised"] += 1
        self.is_ready = life == self._life
        self._is_surveyed = self.is_ready and self.surveys

    async def _begin(self) -> None:
        mode = (await self.command(commands.query(0x03, 10))).body.data
        self.running = self._running_of(mode)
        differences = await self._own(str(mode.get("main_node", "")))
        await self.command(Command(afn=0x05, fn=2, data=b"\x01"))
        self.running.is_concurrent = await self._offers_concurrent()
        if self.running.has_routing:
            # Before its list is changed, and while we read, the module rests (annex A.3).
            await self.command(commands.query(0x12, 2))
            self.is_paused = True
        if self.surveys:
            differences += await self._synchronise() if self.running.has_routing else []
            self._tell(differences)
            await self._look_at_phases()

    def _running_of(self, mode: Mapping[str, Any]) -> Running:
        medium = mode.get("medium", {})
        seconds = float(mode.get("monitor_seconds") or 0)
        seconds = seconds + _SLACK_SECONDS if seconds else _UNANSWERED_SECONDS
        if "forward_seconds" in self._target.model_fields_set:
            seconds = float(self._target.forward_seconds)
        return Running(
            node_seconds=seconds,
            longest=max(_LEAST_FRAME, int(mode.get("longest_frame") or 0)),
            has_routing=bool(medium.get("routing", 1)),
            route_leads=medium.get("cycle") == _ROUTE_LEADS,
            is_broadband=self._dialogue.mode in _HPLC,
        )

    async def _own(self, theirs: str) -> list[str]:
        """Its main node has our address, where we have one and may set it; else we go by its own."""
        if not self._ours or theirs == self._ours:
            self._dialogue.main_node = theirs or "0" * 12
            return []
        command = commands.main_node(self._ours)
        if not self._exchange.may(command):
            self._dialogue.main_node = theirs or "0" * 12
            return [f"main node {theirs}, ours {self._ours}"]
        await self.command(command)
        self._dialogue.main_node = self._ours
        self.counters["main_node_set"] += 1
        return []

    async def _offers_concurrent(self) -> bool:
        """By its own list of functions; where it has none, a broadband module is tried."""
        running = self.running
        if self._target.concurrent == 1 or not (running.is_broadband and running.has_routing):
            return False
        reply = await self.command(Command(afn=0x03, fn=11, data=_CONCURRENT_AFN))
        functions = str(reply.body.data.get("functions", ""))
        return bool(int(functions[:2], 16) & 1) if functions else True

    # -- its list of nodes ---------------------------------------------------------------------------------------

    async def _synchronise(self) -> list[str]:
        """Nodes that it lacks are added, strangers deleted where that is wanted; what differs in the end."""
        listed = await self._listed()
        missing, strangers = self._missing(listed), self._strangers(listed)
        wrong = [node for node, _ in missing if node in listed]
        unwanted = [*wrong, *(strangers if self._target.delete_nodes else ())]
        if (missing or unwanted) and self._may_write():
            await self._delete(unwanted)
            await self._add(missing)
            listed = await self._listed()
        return self._differences(listed)

    def _may_write(self) -> bool:
        return all(map(self._exchange.may, (commands.add_nodes([]), commands.delete_nodes([]))))

    def _missing(self, listed: Mapping[str, int]) -> list[tuple[str, int]]:
        """Nodes that it lacks or has as another protocol's; one that tells none has it right for all we know."""
        return [one for one in self._nodes.items() if listed.get(one[0]) not in (one[1], 0)]

    def _strangers(self, listed: Mapping[str, int]) -> list[str]:
        """Nodes of no meter of ours, whatever it speaks."""
        return sorted(listed.keys() - self._addresses)

    def _differences(self, listed: Mapping[str, int]) -> list[str]:
        found = [
            f"node {node} protocol {listed[node]}, ours {protocol}"
            if node in listed
            else f"node {node} missing"
            for node, protocol in self._missing(listed)
        ]
        return found + [f"node {node} unknown" for node in self._strangers(listed)]

    def _tell(self, differences: Sequence[str]) -> None:
        self._around.tell(
            ArchiveCompared(
                target=self._target.name, at=self._around.now(), verified={}, differences=tuple(differences)
            )
        )

    async def _listed(self) -> dict[str, int]:
        """All nodes that it knows, with the byte of their protocol; it may count from 1 or from 0."""
        total = int((await self.command(commands.query(0x10, 1))).body.data.get("total", 0))
        found: dict[str, int] = {}
        start = 1
        while start <= total:
            rows = (await self.command(commands.page(2, start, self._page(8)))).body.data.get("nodes", ())
            found.update(_protocols(rows))
            if not rows:
                break
            start += len(rows)
        if len(found) < total:
            rows = (await self.command(commands.page(2, 0, 1))).body.data.get("nodes", ())
            found.update(_protocols(rows))
        return found

    def _page(self, row: int) -> int:
        return max(1, min(_PAGE, (self.running.longest - _OVERHEAD) // row))

    async def _add(self, nodes: Sequence[tuple[str, int]]) -> None:
        size = max(1, min(_BATCH, (self.running.longest - _OVERHEAD) // _NODE_ROW))
        for at in range(0, len(nodes), size):
            some = nodes[at : at + size]
            reply = await self.command(commands.add_nodes(some))
            if reply.denied is None:
                self.counters["nodes_added"] += len(some)
            elif len(some) > 1:
                # One of them is there already, or no more fit: the others are tried by themselves.
                for one in some:
                    await self._add([one])
            elif reply.denied != DENIALS.PRESENT:
                self.counters["nodes_refused"] += 1

    async def _delete(self, nodes: Sequence[str]) -> None:
        size = max(1, min(_BATCH, (self.running.longest - _OVERHEAD) // _NODE_ROW))
        for at in range(0, len(nodes), size):
            reply = await self.command(commands.delete_nodes(nodes[at : at + size]))
            self.counters["nodes_deleted"] += len(nodes[at : at + size]) if reply.denied is None else 0

    async def add_again(self, node: str) -> bool:
        """A node that the module says it does not know; whether it is ours and was taken.

        Raises NoAnswer where the list may not be written: what the meter has kept can be read when that is put right.
        """
        protocol = self._nodes.get(node)
        if protocol is None:
            return False
        if not self._may_write():
            raise NoAnswer(
                f"the module does not list node {node}; the daemon adds it where send.archive_write is on"
            )
        reply = await self.command(commands.add_nodes([(node, protocol)]))
        return reply.denied is None

    async def _look_at_phases(self) -> None:
        """10H F31, once a day: on which phase the network finds each node."""
        now = self._around.now()
        if not self.running.is_broadband or (self._phases and now - self._phases < _PHASES_AGAIN):
            return
        self._phases = now
        start, total = 1, 1
        while start <= total:
            data = (await self.command(commands.page(31, start, self._page(8)))).body.data
            rows = data.get("nodes", ())
            for node, phase in _single_phases(rows):
                self._observe(node, phase)
            total = int(data.get("total", 0)) if rows else 0
            start += len(rows)


def _protocols(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {row["address"]: row["info"]["protocol"] for row in rows}


def _single_phases(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    """Nodes that are found on exactly one phase."""
    one = {1: 1, 2: 2, 4: 3}
    for row in rows:
        bits = row["phase"]
        if not bits["three_phase"] and bits["phases"] in one:
            yield row["address"], one[bits["phases"]]
