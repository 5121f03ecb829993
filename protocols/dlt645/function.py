"""Control codes of both generations (2007 clause 7 with the supplements seen in the field; 1997 from field use)."""

from dataclasses import dataclass

from protocols.dlt645.frame import Frame

__all__ = ["ABNORMAL", "CODE", "FOLLOW", "REPLY", "SECURITY", "Function", "function_of", "standard_of"]

REPLY, ABNORMAL, FOLLOW = 0x80, 0x40, 0x20
CODE = 0x1F
SECURITY = 0x03
_SECURITY_CLASS = 0x07


@dataclass(frozen=True, slots=True)
class Function:
    """A function code's name in both languages and whether it changes the meter that takes it."""

    name: str
    name_zh: str
    changes: bool = True


_READ = Function("read data", "读数据", changes=False)
_FOLLOW_UP = Function("read follow-up data", "读后续数据", changes=False)
_WRITE = Function("write data", "写数据")
_ADDRESS = Function("write address", "写通信地址")
_BAUD = Function("change baud rate", "更改通信速率")
_PASSWORD = Function("change password", "修改密码")
_TIME = Function("broadcast time set", "广播校时")
_VENDOR = Function("vendor", "厂家扩展")

_FUNCTIONS: dict[str, dict[int, Function]] = {
    "2007": {
        0x03: Function("security authentication", "安全认证"),
        0x08: _TIME,
        0x11: _READ,
        0x12: _FOLLOW_UP,
        0x13: Function("read address", "读通信地址", changes=False),
        0x14: _WRITE,
        0x15: _ADDRESS,
        0x16: Function("freeze", "冻结"),
        0x17: _BAUD,
        0x18: _PASSWORD,
        0x19: Function("clear max demand", "最大需量清零"),
        0x1A: Function("clear meter", "电表清零"),
        0x1B: Function("clear events", "事件清零"),
        0x1C: Function("trip/close/alarm/supply-keep control", "跳合闸、报警、保电"),
        0x1D: Function("multi-function terminal output", "多功能端子输出"),
        0x1F: Function("vendor/CSG extension", "厂家或南网扩展"),
    },
    "1997": {
        0x01: _READ,
        0x02: _FOLLOW_UP,
        0x03: Function("re-read data", "重读数据", changes=False),
        0x04: _WRITE,
        0x05: _VENDOR,
        0x08: _TIME,
        0x09: _VENDOR,
        0x0A: _ADDRESS,
        0x0B: _VENDOR,
        0x0C: _BAUD,
        0x0D: _VENDOR,
        0x0F: _PASSWORD,
        0x10: Function("clear max demand", "最大需量清零"),
    },
}
_UNKNOWN = Function("unknown", "未知")


def standard_of(frame: Frame) -> str:
    """The generation that a frame speaks, "1997" or "2007"; 2007 where that cannot be told."""
    code = frame.control & CODE
    if code == SECURITY:
        return "2007" if _is_security(frame) else "1997"
    return "1997" if code in _FUNCTIONS["1997"] and code not in _FUNCTIONS["2007"] else "2007"


def _is_security(frame: Frame) -> bool:
    """2007 security carries an identifier of class 07H, and two bytes where it refuses."""
    if frame.control & ABNORMAL:
        return len(frame.data) == 2
    return len(frame.data) >= 4 and frame.data[3] == _SECURITY_CLASS


def function_of(standard: str, control: int) -> Function:
    """The function that a control code names in a generation."""
    return _FUNCTIONS[standard].get(control & CODE, _UNKNOWN)
