"""Reasons in words, in Chinese and English: what is wrong and what helps."""

from config.text import say

__all__ = ["REASONS", "told"]

REASONS: dict[str, tuple[str, str]] = {
    # the file as a whole
    "unreadable": ("the file cannot be opened", "无法打开文件"),
    "link": ("a symbolic link is not followed: give the file itself", "不跟随符号链接：请指定文件本身"),
    "no_file": ("not a plain file (a folder, pipe or device)", "不是普通文件（目录、管道或设备）"),
    "too_large": ("larger than allowed (dumps.max_bytes)", "超过允许的大小（dumps.max_bytes）"),
    "too_many_rows": ("more rows than allowed (dumps.max_rows)", "行数超过允许值（dumps.max_rows）"),
    "empty": ("the file is empty", "文件为空"),
    "changed": ("the file changed while it was read: wait until copying has ended", "读取期间文件有变化：请等复制完成"),
    "unknown_format": ("no layout that is known; give --profile", "无法识别的格式；请用 --profile 指定"),
    "other_format": ("the profile is for another layout", "该格式模板不适用于此文件"),
    "no_profile": ("no profile fits; see `meterd import --profiles`", "没有合适的模板；见 meterd import --profiles"),
    "columns_missing": ("columns are missing that the profile needs", "缺少格式模板要求的列"),
    "line_too_long": ("a line is too long for any dump", "行过长，不像抄表文件"),
    "bad_share": ("too many bad rows: nothing is taken", "坏行过多：整批不导入"),
    "trailer_count": ("the trailer's row count differs: the file is not whole", "尾记录行数不符：文件不完整"),
    "trailer_sum": ("the trailer's control sum differs", "尾记录校验和不符"),
    "trailer_missing": ("the trailer is missing: the file is not whole", "缺少尾记录：文件不完整"),
    "trailer_unreadable": ("the trailer cannot be read", "尾记录无法读取"),
    "truncated": ("the file is cut off", "文件被截断"),
    "header": ("the header is not right", "文件头不正确"),
    "bcc": ("the block check differs: read the meter out again", "块校验错误：请重新抄读"),
    "xml": ("not well-formed XML", "XML 格式错误"),
    "xml_forbidden": ("XML with a DTD or entities is refused", "拒绝含 DTD 或实体的 XML"),
    "too_deep": ("nested too deeply", "嵌套过深"),
    "bomb": ("expands to more than is allowed", "解压后超过允许值（疑似压缩炸弹）"),
    "damaged": ("the file is damaged", "文件已损坏"),
    "foreign_schema": ("the database has views, triggers or virtual tables", "数据库含视图、触发器或虚拟表，拒绝"),
    "needs_extra": ("needs pip install 'meterd[dumps]'", "需要 pip install 'meterd[dumps]'"),
    "outbox_full": ("the outbox is full: free space and import again", "待发库已满：腾出空间后重新导入"),
    "repeated": ("this content was imported before: nothing changes", "相同内容已导入过：不作任何改变"),
    "busy": ("the running daemon did not answer in time; it goes on by itself", "守护进程未及时应答；它会自行继续"),
    # remarks
    "columns_unknown": ("columns that are passed over", "忽略的列"),
    "columns_twice": ("columns that repeat another are passed over", "重复的列已忽略"),
    "sum_not_judged": ("control sum not judged: there are bad rows", "有坏行，校验和未作判断"),
    "memo_absent": ("the memo file is not here: its texts are empty", "缺少备注文件：其文本为空"),
    "no_bcc": ("no block check in the file", "文件中没有块校验"),
    "trailing_bytes": ("bytes after the end are passed over", "忽略结尾之后的字节"),
    "sheets_more": ("only the first sheet is read", "只读取第一张工作表"),
    "error_word": ("the meter shows an error", "电表显示错误代码"),
    "no_time_of_day": ("rows without a time of day: taken as 00:00", "没有时刻的行按 00:00 处理"),
    "rows_not_energy": ("records that are no register or energy are passed over", "忽略非电量记录"),
    # a row
    "encoding": ("bytes that fit no encoding", "字节不符合任何编码"),
    "quote": ("a quote is not closed or stands wrongly", "引号未闭合或位置不对"),
    "too_many_cells": ("more cells than columns", "单元格多于列"),
    "too_few_cells": ("fewer cells than columns", "单元格少于列"),
    "after_trailer": ("a row after the trailer", "尾记录之后还有行"),
    "length": ("the record has the wrong length", "记录长度不对"),
    "record_type": ("unknown type of record", "未知的记录类型"),
    "number": ("not a number", "不是数字"),
    "number_ambiguous": ("the comma may be a decimal mark or separate thousands: set `decimal` in the profile",
                         "逗号可能是小数点也可能是千分位：请在格式模板中设置 decimal"),
    "time": ("not a time that the profile knows", "时间格式无法识别"),
    "time_missing": ("read, but without a time", "已抄但没有抄表时间"),
    "position": ("not a latitude or longitude", "经纬度不正确"),
    "identity": ("not a number of a meter", "表号不正确"),
    "identity_missing": ("no number of a meter", "没有表号"),
    "identity_rounded": ("rounded by a spreadsheet: export the number as text", "表号被电子表格取整：请按文本导出"),
    "read_type": ("unknown type of register", "未知的示数类型"),
    "unit": ("a unit that does not fit the register", "单位与示数不符"),
    "status": ("unknown status", "未知的抄表状态"),
    "mode": ("unknown mode of reading", "未知的抄表方式"),
    "value_missing": ("marked as read, but without a value", "标记已抄但没有示数"),
    "json": ("not a JSON object", "不是 JSON 对象"),
    "json_twice": ("a JSON key stands twice", "JSON 键重复"),
    "values_count": ("another number of values than the interval length asks for", "数值个数与间隔不符"),
    "quality": ("quality flags are missing or do not cover the day", "质量标志缺失或未覆盖全天"),
    "order": ("a record without the one it belongs to", "记录顺序不对"),
    "meter_unknown": ("the archive has no such meter", "档案中没有此表"),
    "meter_ambiguous": ("several meters of the archive fit", "档案中有多块表符合"),
}  # fmt: skip


def told(reason: str) -> str:
    """A reason in the reader's language; an unknown one as it is."""
    return say(*REASONS[reason]) if reason in REASONS else reason
