"""Feed export: CSV that no spreadsheet runs as formulas."""

import codecs
import json
import re
from typing import Any

from scrapy.crawler import Crawler
from scrapy.exporters import CsvItemExporter

from caravan_crawler.items import Link

#: First characters of a formula; with an apostrophe before them, the cell is text. East Asian editions of Excel treat
#: the wide signs like the narrow ones.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠﹦﹢﹣﹫")
# Where a semicolon separates cells, as in Russian and Kazakh editions of Excel, quotation marks within a line are
# ignored: text after a semicolon or a line break is a cell of its own. Direct speech begins with a hyphen, so
# a formula after a hyphen must call a function or a program.
_INNER_FORMULA = re.compile(r"[;\n\r](?=\"*(?:[=+@＝＋＠﹦﹢﹫\t]|[-－﹣](?=[^;\n\r]*(?:\w\(|\|))))")


def safe_cell(text: str) -> str:
    """Return ``text`` with an apostrophe before each possible formula, so that no spreadsheet runs it.

    A formula may begin at the start of the cell, or after a semicolon or a line break.
    """
    if ";" in text or "\n" in text or "\r" in text:
        text = _INNER_FORMULA.sub(r"\g<0>'", text)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


class SpreadsheetCsvExporter(CsvItemExporter):
    """One header, lists as JSON in a cell, texts guarded against formulas; numbers stay numbers.

    A file that already has rows gets no second header; a feed without items still gets its header.
    """

    def __init__(self, file: Any, *, byte_order_mark: bool = False, **kwargs: Any) -> None:
        is_new = not file.seekable() or file.tell() == 0
        if is_new and byte_order_mark:
            file.write(codecs.BOM_UTF8)
        super().__init__(file, include_headers_line=is_new, **kwargs)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "SpreadsheetCsvExporter":
        """Scrapy's constructor; the setting ``CSV_BOM`` is for Excel, which misreads plain UTF-8."""
        return cls(*args, byte_order_mark=crawler.settings.getbool("CSV_BOM"), **kwargs)

    def start_exporting(self) -> None:
        """Write the header, so that a feed without items still names its columns."""
        if self._headers_not_written and self.fields_to_export:
            self._headers_not_written = False
            self._write_headers_and_set_fields_to_export(None)

    def serialize_field(self, field: Any, name: str, value: Any) -> Any:
        """Return the cell's value."""
        if isinstance(value, list):
            plain = [entry.as_object() if isinstance(entry, Link) else entry for entry in value]
            return safe_cell(json.dumps(plain, ensure_ascii=False))
        value = super().serialize_field(field, name, value)
        return safe_cell(value) if isinstance(value, str) else value
