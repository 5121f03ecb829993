"""The settings of `meterd.toml` as typed records; what a key means stands beside it."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from config.aggregate import Aggregate
from config.quality import Quality
from config.record import Record
from config.review import Review
from config.second import Second

__all__ = [
    "Aggregate",
    "Control",
    "Dumps",
    "Gateway",
    "Master",
    "Metrics",
    "Quality",
    "Review",
    "Route",
    "SendSwitches",
    "Settings",
    "Store",
    "Target",
    "Tariffs",
    "Task",
    "TimeSet",
    "Uplink",
    "Upload",
]

Every = Literal["1m", "5m", "15m", "30m", "1h", "1d", "1mo"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["line3-rs485"])]
Visible = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,256}$", examples=["meterd"])]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,253}$", examples=["so-001.example"])]
Baud = Annotated[int, Field(ge=50, le=921_600)]


def _number_as_text(given: Any) -> Any:
    """`version = 5` is as good as `version = "5"`."""
    return "5" if given == 5 and not isinstance(given, bool) else given


Version = Annotated[
    Literal["5", "3.1.1"],
    BeforeValidator(_number_as_text),
    WithJsonSchema({"enum": ["5", 5, "3.1.1"]}),
]


class Gateway(Record):
    """[gateway]: who this gateway is and where it keeps its state."""

    name: Name
    """The gateway's name in topics and tables; letters, digits, dot, hyphen, underscore."""
    state_dir: Path = Path("/var/lib/meterd")
    """Folder of the outbox; must survive a restart."""
    timezone: str = "Asia/Shanghai"
    """IANA zone of the meters' clocks and of slots."""
    archive: Path = Path("archive")
    """Folder with meters.csv (or .xlsx), relations.csv, nodes.csv, exchanges.csv, relative to this file."""
    models: Path | None = None
    """Folder with meter models of your own (*.toml), relative to this file; they go before those of the same name."""
    language: Literal["en", "zh"] | None = None
    """Language of what a person reads; by default the environment's."""


class Metrics(Record):
    """[metrics]: where /metrics, /healthz and /readyz are served."""

    listen: str = "127.0.0.1:9645"
    """Address and port; loopback unless told otherwise. An empty text turns it off."""


class Uplink(Record):
    """[uplink]: the broker and what counts as delivered."""

    broker: str | None = None
    """mqtt://host:port or mqtts://host:port; absent, the outbox only collects."""
    version: Version = "5"
    """MQTT version; 3.1.1 needs ack = "master"."""
    ack: Literal["master", "broker", "keep"] = "master"
    """Who frees a batch: the master's commit, the broker's acknowledgement, or age alone."""
    ca_file: Path | None = None
    """CA certificate for mqtts; a revocation list (CRL) in the same file is held against the broker's."""
    cert_file: Path | None = None
    """Client certificate."""
    key_file: Path | None = None
    """Key of the client certificate."""
    key_credential: Name | None = None
    """Name of a systemd credential that holds the key, in place of key_file."""
    user: Visible | None = None
    """User name at the broker."""
    password_file: Path | None = None
    """File with the password, first line."""
    password_credential: Name | None = None
    """Name of a systemd credential that holds the password."""
    client_id: Visible | None = None
    """MQTT client identifier; by default meterd-<name>."""
    keep_alive: Annotated[int, Field(ge=5, le=600)] = 30
    """Seconds; a silent link is noticed within one and a half of it."""
    window: Annotated[int, Field(ge=1, le=100)] = 20
    """Batches in flight at once."""
    resend_seconds: Annotated[float, Field(ge=0.5, le=3600)] = 30.0
    """A batch that the master has not acknowledged after this is sent again."""


class Store(Record):
    """[store]: the durable outbox."""

    max_bytes: Annotated[int, Field(ge=1_048_576, le=17_592_186_044_416)] = 536_870_912
    """Cap of the outbox file."""
    keep_days: Annotated[float, Field(ge=0, le=366)] = 7
    """Committed rows stay this long within the cap, for replay."""
    commit_seconds: Annotated[float, Field(ge=0, le=10)] = 1.0
    """How long answers may wait for others to share one durable commit; 0 commits at once."""
    ballast_bytes: Annotated[int, Field(ge=0, le=1_073_741_824)] = 1_048_576
    """A file given up when the disk is full, so that the outbox can drain; 0: none, the outbox may stand still."""


class SendSwitches(Record):
    """[send]: what may leave a link beside reading; every switch is off by default."""

    time_set: bool = False
    """Setting clocks: of meters (broadcast 08H), terminals (AFN 05 F31), ERTUs (type 128); guarded by [time_set]."""
    freeze: bool = False
    """Freeze command (16H)."""
    archive_write: bool = False
    """Concentrator archive (AFN 04 F10); a carrier module's main node and list of nodes (05H F1, 11H)."""
    parameters: bool = False
    """Parameter writing."""


class TimeSet(Record):
    """[time_set]: limits of setting clocks; it also needs send.time_set."""

    at: Annotated[str, Field(pattern=r"^[0-2][0-9]:[0-5][0-9]$", examples=["03:30"])] = "03:30"
    """Local time of day; never within 5 minutes of midnight or of a full hour."""
    threshold_seconds: Annotated[int, Field(ge=1, le=300)] = 60
    """A meter is set when it is off by more than this; beyond 300 s it is a finding instead."""


class Control(Record):
    """[control]: remote control of loads; not available in this version."""

    enabled: bool = False
    """Must be false."""


class Target(Record):
    """[[target]]: one link and what hangs on it."""

    name: Name
    """Unique name; meters of the archive refer to it."""
    driver: Literal["meter", "modbus", "concentrator", "terminal", "carrier", "ertu"]
    """Meters: meter (DL/T 645), modbus, concentrator or terminal (Q/GDW 1376.1), carrier (1376.2), ertu (IEC 102)."""
    link: str
    """serial:DEV?baud=&mode=, tcp://H:P, rtutcp://H:P, tcp-listen://H:P, radio:DEV?…, modem:DEV?…, replay:FILE."""
    address: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{1,12}$", examples=["44030004"])] | None = None
    """Concentrator and terminal: region and terminal, 8 digits; carrier: main node; ERTU: link address."""
    baud: Baud | None = None
    """Line speed behind a transparent TCP converter, for timeouts and airtime; serial links carry it in the link."""
    retries: Annotated[int, Field(ge=0, le=9)] = 2
    """How often a question without a good answer is asked again."""
    latency_ms: Annotated[int, Field(ge=0, le=60_000)] = 0
    """Delay of the channel itself (modem, carrier), added to timeouts; TCP links add 200 of their own."""
    turnaround_ms: Annotated[int, Field(ge=0, le=5_000)] = 30
    """Idle time after a frame before the next question."""
    reply_ms: Annotated[int, Field(ge=20, le=60_000)] = 500
    """Longest delay of a meter's first byte (Td)."""
    gap_ms: Annotated[int, Field(ge=20, le=60_000)] = 500
    """Longest gap between two bytes of a frame (Tb)."""
    late_ms: Annotated[int, Field(ge=0, le=60_000)] = 500
    """Modbus RTU: rest of the line after a question without an answer, as a late one tells not what it answers."""
    wakeup: Annotated[int, Field(ge=0, le=16)] = 4
    """FE bytes before each request."""
    breaker_failures: Annotated[int, Field(ge=1, le=100)] = 3
    """Unanswered questions after which a meter is left alone."""
    breaker_seconds: Annotated[int, Field(ge=1, le=86_400)] = 300
    """Time after which one probe asks a dead meter again."""
    max_airtime: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Share of the bus's time that a plan may take."""
    number: Annotated[str, Field(pattern=r"^[0-9*#,WwPpTt+-]{1,40}$", examples=["02512345678"])] | None = None
    """Telephone number of equipment behind a modem."""
    call_window: (
        Annotated[
            str, Field(pattern=r"^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$", examples=["22:00-06:00"])
        ]
        | None
    ) = None
    """Local time in which it may be called; by default always."""
    msa: Annotated[int, Field(ge=1, le=127)] = 1
    """Q/GDW 1376.1: our address as a master station."""
    frame_bytes: Annotated[int, Field(ge=64, le=16_383)] = 1024
    """Q/GDW 1376.1: longest frame that the equipment sends or takes; on radio at most 255."""
    fcb: bool = False
    """Q/GDW 1376.1: requests carry a toggling frame count bit."""
    freeze_offset: Annotated[int, Field(ge=0, le=1)] = 1
    """Q/GDW 1376.1: days from a daily freeze's own date to the midnight it was taken; 1 by the standard."""
    archive_days: Annotated[int, Field(ge=1, le=366)] = 7
    """A value known only by its measuring point counts for so many days after the equipment's archive was compared."""
    forward_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Share of the channel's time for reading meters through the equipment where its store has nothing; 0: none."""
    forward_seconds: Annotated[int, Field(ge=1, le=600)] = 90
    """How long an answer forwarded over power-line carrier may take."""
    profile: Name | None = None
    """ERTU, carrier: the site's dialect, by the name of its file."""
    concurrent: Annotated[int, Field(ge=1, le=32)] = 5
    """Carrier: meters asked at once where the module offers it; 1 turns it off."""
    delete_nodes: bool = False
    """Carrier: nodes on the module's list that the archive lacks are deleted; without it they are only told."""


class Task(Record):
    """[[task]]: what is read of whom, how often."""

    name: Name
    """Unique name."""
    targets: Annotated[tuple[str, ...], Field(min_length=1)]
    """Names of targets."""
    points: Annotated[tuple[str, ...], Field(min_length=1)]
    """OBIS codes or protocol:identifier."""
    every: Every
    """Slot length."""
    source: Literal["auto", "live", "freeze", "load_record", "settlement"] = "auto"
    """auto: daily slots from the daily freeze, monthly from the settlement day, others live."""
    backfill_days: Annotated[int, Field(ge=0, le=366)] = 62
    """How far back a missing slot is asked for again."""


class Tariffs(Record):
    """[[tariffs]]: what the tariffs 1, 2, 3, ... of a register are called, from a day on; shown beside their number."""

    valid_from: date | None = None
    """First day of these names; absent: as long as there have been tariffs."""
    names: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=20)], ...], Field(min_length=1, max_length=63)
    ]
    """Names of tariff 1, 2, 3, ...; without any [[tariffs]]: sharp, peak, flat, valley, deep valley."""


class Dumps(Record):
    """[dumps]: hand-held readers and other files, for every way in."""

    profiles: Path | None = None
    """Folder with profiles of your own (*.toml); they go before those that come with the program."""
    max_bytes: Annotated[int, Field(ge=1_024, le=4_294_967_296)] = 268_435_456
    """Largest file that `meterd import` takes."""
    max_rows: Annotated[int, Field(ge=1, le=100_000_000)] = 2_000_000
    """Most rows of one file."""
    keep_bytes: Annotated[int, Field(ge=0, le=17_592_186_044_416)] = 268_435_456
    """Imported files are kept as they came until they take more than this; the oldest go first."""
    drop: Path | None = None
    """Folder that is watched for dumps (USB sticks, file shares); empty: none is."""
    drop_seconds: Annotated[float, Field(ge=1, le=3_600)] = 10
    """A file there is taken when it has not changed for so long."""
    drop_move: bool = True
    """Files that were dealt with are moved to taken/ and refused/ in it; false: they stay, reports are laid out."""
    port: str = ""
    """Line on which hand-held readers send their files, as serial:DEV?baud=9600&mode=8N1; empty: none."""
    port_protocol: Literal["ymodem", "xmodem"] = "ymodem"
    """How they send."""
    port_max_bytes: Annotated[int, Field(ge=1_024, le=268_435_456)] = 20_971_520
    """Largest file that is taken on the line."""
    rotation_months: Annotated[int, Field(ge=0, le=120)] = 6
    """H011: the same reader on the same route for longer is noted for the supervisor; 0 turns it off."""
    gps_metres: Annotated[float, Field(ge=0, le=1_000_000)] = 200
    """H005: a reading taken further from the meter's place than this is noted; 0 turns it off."""
    desk_seconds: Annotated[float, Field(ge=0, le=86_400)] = 3
    """H006: two readings within this time ..."""
    desk_metres: Annotated[float, Field(ge=0, le=1_000_000)] = 50
    """... and further apart than this are noted."""
    usual_low: Annotated[float, Field(ge=0, le=1)] = 0.5
    """P001: less than this part of the usual energy that the file gives is suspicious."""
    usual_high: Annotated[float, Field(ge=1, le=1_000)] = 2.0
    """P001: more than this many times the usual energy is suspicious."""


class Upload(Record):
    """[upload]: the page where technicians upload dumps, served by `meterd upload serve`; off by default."""

    listen: str = ""
    """Address and port; empty: there is no page. Beyond this machine only with cert_file and a key."""
    hosts: tuple[Host, ...] = ()
    """Names by which people reach it, without port, beside the address in `listen`; other names are refused."""
    cert_file: Path | None = None
    """Certificate with its chain (PEM); a new one is taken over while the page runs."""
    key_file: Path | None = None
    """Key of the certificate; not readable for everybody."""
    key_credential: Name | None = None
    """Name of a systemd credential that holds the key, in place of key_file."""
    session_minutes: Annotated[int, Field(ge=1, le=720)] = 30
    """A session ends after this time without a click, and after 12 hours in any case."""
    max_bytes: Annotated[int, Field(ge=1_024, le=268_435_456)] = 20_971_520
    """Largest file that may be uploaded."""
    forwarded: bool = False
    """A proxy of this machine stands before the page: the client is the last address of X-Forwarded-For."""


class Route(Record):
    """[[master.route]]: a database that takes what is consolidated under some keys; `database` takes the rest."""

    database: Visible
    """sqlite:///path or postgresql://user@host/db."""
    keys: Annotated[tuple[Literal["line", "transformer"], ...], Field(min_length=1)]
    """Keys whose meters and sums go there; a meter of two keys goes to the databases of both."""
    kinds: tuple[Literal["reading", "finding", "event", "aggregate"], ...] = ()
    """Kinds that go there; none named: all."""


class Master(Record):
    """[master]: settings of `meterd ingest -c FILE`."""

    broker: str
    """mqtt://host:port or mqtts://host:port."""
    database: Visible
    """sqlite:///path or postgresql://user@host/db, without a password."""
    database_password_file: Path | None = None
    """File with the password of the database's user, first line."""
    database_password_credential: Name | None = None
    """Name of a systemd credential that holds it, in place of database_password_file."""
    user: Visible | None = None
    """User name at the broker."""
    password_file: Path | None = None
    """File with the password, first line."""
    password_credential: Name | None = None
    """Name of a systemd credential that holds the password."""
    ca_file: Path | None = None
    """CA certificate for mqtts; a revocation list (CRL) in the same file is held against the broker's."""
    cert_file: Path | None = None
    """Client certificate."""
    key_file: Path | None = None
    """Key of the client certificate."""
    key_credential: Name | None = None
    """Name of a systemd credential that holds the key, in place of key_file."""
    share: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,64}$", examples=["meterd"])] = "meterd"
    """Name of the shared subscription; empty: a plain subscription."""
    archive: Path | None = None
    """Folder with an archive of the master's own; what stands in it goes before what gateways publish."""
    process_seconds: Annotated[int, Field(ge=0, le=86_400)] = 60
    """Pause between processing runs beside the worker; 0: none, `meterd process` does it."""
    settle_minutes: Annotated[int, Field(ge=0, le=1_440)] = 120
    """So long after its end a day is computed as a whole; what comes later is computed as it comes."""
    route: tuple[Route, ...] = ()
    """Further databases by key and kind."""
    metrics: Annotated[str, Field(examples=["127.0.0.1:9646"])] = ""
    """Address and port of metrics and health; empty: none. Each worker of a machine needs a port of its own."""


class Settings(Record):
    """The whole file."""

    gateway: Gateway
    metrics: Metrics = Metrics()
    uplink: Uplink = Uplink()
    store: Store = Store()
    send: SendSwitches = SendSwitches()
    time_set: TimeSet = TimeSet()
    control: Control = Control()
    target: tuple[Target, ...] = ()
    task: tuple[Task, ...] = ()
    tariffs: tuple[Tariffs, ...] = ()
    review: dict[str, Review] = Field(default_factory=dict)
    second: dict[str, Second] = Field(default_factory=dict)
    aggregate: Aggregate = Aggregate()
    quality: Quality = Quality()
    dumps: Dumps = Dumps()
    upload: Upload = Upload()
    master: Master | None = None
