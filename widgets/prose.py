"""Prose: a stretch of Markdown with equations, as high as its words, to be put into a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import (
    QBrush,
    QFont,
    QPalette,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
    QTextTableFormat,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser

from widgets import theme
from widgets.formula import MARK, Formulas

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from engine.lessons.lesson import Text

SIZE = 14
"""Pixels of the letters: a page is read, where the rest of the window is glanced at."""
_HEADS = {1: 22, 2: 16, 3: 14}
_OPEN, _CLOSE = "\ue000", "\ue001"
_LEADING = 140.0  # per cent


class Prose(QTextBrowser):
    """`linked(kind, target)` when a link "kind:target" is followed, by mouse or by Tab and Return."""

    linked = Signal(str, str)

    def __init__(self, text: Text, code: int = theme.TEXT) -> None:
        """`code` is the size of its letters in pixels."""
        super().__init__()
        self._text, self._code = text, code
        self._formulas: Formulas | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("role", "page")
        self.setOpenLinks(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Page")
        self.anchorClicked.connect(self._follow)
        self.dress()

    def dress(self) -> None:
        """Set the words anew, in the colours of the theme."""
        document = self.document()
        document.setDocumentMargin(0.0)
        document.setDefaultFont(theme.font(SIZE))
        self._formulas = Formulas(document, self._text.formulas)
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Link, theme.current().colour("accent"))
        self.setPalette(palette)
        self.setMarkdown(self._text.markdown)
        _place_formulas(document, self._formulas)
        _set_blocks(document, self._code)
        _set_tables(document)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def _fit(self) -> None:
        document = self.document()
        document.setTextWidth(self.viewport().width())
        document.markContentsDirty(0, document.characterCount())  # wide formulas follow the width
        self.setFixedHeight(round(document.size().height()) + 2)

    def _follow(self, url: QUrl) -> None:
        kind, _, target = url.toString().partition(":")
        self.linked.emit(kind, target)


def _place_formulas(document: QTextDocument, formulas: Formulas) -> None:
    """Put a formula in place of each mark."""
    cursor = document.find(_OPEN)
    while not cursor.isNull():
        start = cursor.selectionStart()
        close = document.find(_CLOSE, cursor)
        number = int(document_text(document, start + 1, close.selectionStart()))
        block = cursor.block()
        shown = block.text().endswith(_OPEN + _CLOSE)
        plain = cursor.charFormat()
        cursor.setPosition(start)
        cursor.setPosition(close.selectionEnd() + (2 if shown else 0), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(MARK, formulas.character(number, shown, plain))
        if shown:
            form = QTextBlockFormat()
            form.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            form.setTopMargin(6.0)
            form.setBottomMargin(6.0)
            form.setProperty(_ALONE, True)
            cursor.setBlockFormat(form)
        cursor = document.find(_OPEN, cursor)


_ALONE = int(QTextFormat.Property.UserProperty) + 3


def document_text(document: QTextDocument, start: int, stop: int) -> str:
    cursor = QTextCursor(document)
    cursor.setPosition(start)
    cursor.setPosition(stop, QTextCursor.MoveMode.KeepAnchor)
    return cursor.selectedText()


def _set_blocks(document: QTextDocument, code: int) -> None:
    """Leading, gaps, heads, and code on a ground of its own."""
    colours = theme.current()
    block = document.begin()
    while block.isValid():
        cursor = QTextCursor(block)
        form = block.blockFormat()
        if form.hasProperty(QTextFormat.Property.BlockCodeFence) or form.nonBreakableLines():
            _set_code(cursor, form, code)
        elif level := form.headingLevel():
            words = QTextCharFormat()
            words.setFont(theme.font(_HEADS.get(level, SIZE), bold=True), _WHOLE)
            words.setForeground(QBrush(colours.colour("text")))
            _select(cursor).mergeCharFormat(words)
            form.setTopMargin(0.0 if block == document.begin() else 18.0)
            form.setBottomMargin(6.0)
            cursor.setBlockFormat(form)
        elif not form.hasProperty(_ALONE):
            form.setLineHeight(_LEADING, int(QTextBlockFormat.LineHeightTypes.ProportionalHeight.value))
            form.setBottomMargin(3.0 if block.textList() else 8.0)
            form.setTopMargin(0.0)
            cursor.setBlockFormat(form)
        block = block.next()


_WHOLE = QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesSpecifiedOnly


def _set_code(cursor: QTextCursor, form: QTextBlockFormat, size: int) -> None:
    form.setBackground(QBrush(theme.current().colour("ground")))
    form.setLeftMargin(0.0)
    form.setNonBreakableLines(False)  # a long line is wrapped, not cut
    form.setTopMargin(0.0)
    form.setBottomMargin(0.0)
    cursor.setBlockFormat(form)
    words = QTextCharFormat()
    words.setFont(code_font(size), _WHOLE)
    cursor.setBlockCharFormat(words)
    _select(cursor).mergeCharFormat(words)


def _select(cursor: QTextCursor) -> QTextCursor:
    """The words of the block; Qt's own selection of it takes the end of the block before along."""
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    return cursor


def code_font(size: int = theme.TEXT) -> QFont:
    """The type face of code."""
    made = QFont()
    made.setFamilies(["JetBrains Mono", "Cascadia Mono", "Menlo", "DejaVu Sans Mono", "monospace"])
    made.setPixelSize(size)
    return made


def _set_tables(document: QTextDocument) -> None:
    """Thin lines, a head in the muted colour, and the width of the page."""
    colours = theme.current()
    for frame in document.rootFrame().childFrames():
        if not isinstance(frame, QTextTable):
            continue
        form = QTextTableFormat(frame.format())
        form.setBorder(1.0)
        form.setBorderCollapse(True)
        form.setBorderBrush(QBrush(colours.colour("line")))
        form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        form.setCellPadding(4.0)
        form.setCellSpacing(0.0)
        form.setTopMargin(4.0)
        form.setBottomMargin(12.0)
        form.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100.0))
        frame.setFormat(form)
        for row in range(frame.rows()):
            for column in range(frame.columns()):
                cell = frame.cellAt(row, column).firstCursorPosition()
                block = cell.blockFormat()
                block.setBottomMargin(0.0)
                cell.setBlockFormat(block)
