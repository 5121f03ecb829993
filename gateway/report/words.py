"""What states and reasons of reports are called in Chinese; machines get them as they are."""

__all__ = ["CHANGES", "LACKS", "NODE_KINDS", "REASONS", "SIDES", "STATES"]

Words = dict[str, str]

NODE_KINDS: Words = {"line": "线路", "transformer": "台区"}
SIDES: Words = {"supply": "供电", "sale": "售电"}
STATES: Words = {
    "normal": "正常",
    "high": "高损",
    "negative": "负损",
    "not_computable": "不可算",
}
LACKS: Words = {
    "no_gateway": "无关口表",
    "gateway_missing": "关口表缺数",
    "gateway_estimated": "关口表为估算",
    "no_members": "无用户",
    "coverage": "覆盖率不足",
    "no_supply": "无供电量",
    "range": "区间：有成员缺数",
}
"""Why a loss is not computable, or a range."""
CHANGES: Words = {
    "energy": "电量变化",
    "missing": "缺数",
    "estimated": "估算",
    "exchanged": "换表",
    "multiplier": "倍率变更",
    "new": "新增，无历史",
}
REASONS: Words = {
    "timeout": "无应答",
    "checksum": "校验错误",
    "protocol": "应答无法解析",
    "refused": "表计拒绝",
    "io": "通道中断",
    "busy": "通道繁忙",
    "no_record": "存储中无此记录",
    "unknown_point": "表计无此数据项",
    "gate": "不允许召测",
    "late": "未轮到召测",
    "not_accepted": "已到，待审核",
}
"""Why a value is missing."""
