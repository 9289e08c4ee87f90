"""The Qt style sheet of the program, made from a palette."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from widgets.theme import Palette


def sheet(palette: Palette) -> str:
    """One style sheet for every widget of the window."""
    return _SHEET.substitute(vars(palette))


_SHEET = Template("""
QMainWindow, QDialog { background: $window; }
QDialogButtonBox, QMessageBox { dialogbuttonbox-buttons-have-icons: 0; }
QMainWindow::separator { background: $window; width: 4px; height: 4px; }
QMainWindow::separator:hover { background: $accent; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px 8px; }

QMenuBar { background: $panel; color: $text; border-bottom: 1px solid $line; padding: 0 4px; }
QMenuBar::item { background: transparent; padding: 4px 8px; border-radius: 4px; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $panel; color: $text; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 4px 24px 4px 16px; border-radius: 4px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $faint; background: transparent; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }

QToolBar { background: $panel; border: none; border-bottom: 1px solid $line; spacing: 4px; padding: 4px; }
Header { background: $panel; }
QLabel { background: transparent; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="warning"] { color: $warn; }
QLabel[role="good"] { color: $good; }
QLabel[role="bad"] { color: $bad; }
QLabel[role="badge"] { color: $warn; border: 1px solid $warn; border-radius: 4px; padding: 0 6px; }
QStatusBar { background: $panel; color: $muted; border-top: 1px solid $line; }
QStatusBar::item { border: none; }
QDockWidget { color: $muted; font-weight: 600; }
QDockWidget::title { background: $panel; padding: 6px 8px; border-bottom: 1px solid $line; text-align: left; }
QDockWidget > QWidget { background: $panel; }

QPushButton, QToolButton {
  background: $raised; color: $text; border: 1px solid $line; border-radius: 4px; padding: 3px 8px;
}
QPushButton:hover, QToolButton:hover { border-color: $faint; }
QPushButton:pressed, QToolButton:pressed { background: $line; }
QPushButton:checked, QToolButton:checked { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton:default { border-color: $accent; }
QPushButton:disabled, QToolButton:disabled { color: $faint; background: $panel; }
QPushButton:focus, QToolButton:focus { border-color: $accent; }
QToolButton[flat="true"] { background: transparent; border: 1px solid transparent; padding: 0 2px; }
QToolButton[flat="true"]:hover { background: $raised; }
QToolButton[flat="true"]:focus { border-color: $accent; }
QToolButton[flat="true"]:checked { background: $accent; color: $on_accent; }
QToolButton[small="true"] { padding: 0 6px; }
QToolButton[fold="true"]:checked { background: transparent; color: $text; border-color: transparent; }
QToolButton[fold="true"]:checked:hover { background: $raised; }
QToolButton::menu-indicator { image: none; width: 0; }

QLineEdit, QPlainTextEdit, QTextEdit {
  background: $ground; color: $text; border: 1px solid $line; border-radius: 4px; padding: 2px 4px;
  selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus { border-color: $accent; }

QGroupBox { border: none; border-top: 1px solid $line; margin-top: 16px; padding-top: 8px; font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 0; color: $muted; padding-right: 8px; }
QTabWidget::pane { border: none; border-top: 1px solid $line; }
QTabBar::tab { background: transparent; color: $muted; padding: 5px 12px; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:hover { color: $text; }

QTextBrowser[role="page"] { background: transparent; border: none; padding: 0; }
QFrame[role="card"] { background: $raised; border: 1px solid $line; border-radius: 8px; }
QFrame[role="card"] QPushButton { background: $panel; }
QFrame[role="card"] QPushButton:hover { border-color: $accent; }
QFrame[role="bar"] { background: $panel; border-bottom: 1px solid $line; }
QFrame[role="note"] { background: $panel; border-top: 1px solid $line; }
QPushButton[role="row"] { background: transparent; border: 1px solid transparent; border-radius: 8px; }
QPushButton[role="row"]:hover { background: $raised; }
QPushButton[role="row"]:focus { border-color: $accent; }

QProgressBar { background: $ground; border: 1px solid $line; border-radius: 4px; text-align: center; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }

QSlider::groove:horizontal { height: 4px; background: $line; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal {
  background: $text; border: 1px solid $window; width: 12px; height: 12px; margin: -5px 0; border-radius: 7px;
}
QSlider::groove:vertical { width: 4px; background: $line; border-radius: 2px; }
QSlider::add-page:vertical { background: $accent; border-radius: 2px; }
QSlider::handle:vertical {
  background: $text; border: 1px solid $window; width: 12px; height: 12px; margin: 0 -5px; border-radius: 7px;
}
QSlider::handle:hover { background: $accent; }
QSlider::handle:focus { border: 2px solid $accent; }
QSlider::sub-page:horizontal:disabled { background: $faint; }
QSlider::handle:horizontal:disabled { background: $faint; }

QRadioButton::indicator {
  background: $ground; border: 2px solid $faint; width: 12px; height: 12px; border-radius: 7px;
}
QRadioButton::indicator:checked { background: $accent; border-color: $accent; }
QRadioButton::indicator:focus { border: 2px solid $text; }
QCheckBox::indicator:unchecked { background: $ground; border: 1px solid $faint; border-radius: 2px; }
QCheckBox::indicator:unchecked:focus { border-color: $text; }

QSplitter::handle { background: $window; }
QSplitter::handle:hover { background: $accent; }
QScrollArea { border: none; background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 4px; margin: 1px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QHeaderView::section { background: $panel; color: $muted; border: none; padding: 4px 8px; }
QTableView { gridline-color: $grid; }
""")
