//! Which of a program's sequences have an effect.
//!
//! Only what is listed here reaches the emulator: what moves, writes, erases, scrolls and colours within the screen, what is
//! remembered of that, and the questions that a program asks the terminal and whose answers go back to it on this machine.
//! Not listed are: titles, colours of the palette, clipboards, links, shapes of the mouse pointer, protocols of the keyboard
//! and the mouse, the bell. What is not listed does nothing. `docs/terminal.md` has the list for people.

use alacritty_terminal::event::EventListener;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::Term;
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::vte::ansi::{
    Attr, CharsetIndex, ClearMode, CursorShape, CursorStyle, Handler, LineClearMode, Mode, NamedPrivateMode,
    PrivateMode, StandardCharset, TabulationClearMode,
};
use rendezvous_assist::terminal::MARKS;

/// The emulator behind the list.
pub(super) struct Confined<'a, L>(pub(super) &'a mut Term<L>);

macro_rules! pass {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {
        $(fn $name(&mut self, $($argument: $kind),*) {
            Handler::$name(self.0, $($argument),*);
        })*
    };
}

impl<L: EventListener> Handler for Confined<'_, L> {
    pass! {
        // Where the next letter goes.
        goto(line: i32, column: usize);
        goto_line(line: i32);
        goto_col(column: usize);
        move_up(rows: usize);
        move_down(rows: usize);
        move_forward(columns: usize);
        move_backward(columns: usize);
        move_down_and_cr(rows: usize);
        move_up_and_cr(rows: usize);
        backspace();
        carriage_return();
        linefeed();
        newline();
        reverse_index();
        save_cursor_position();
        restore_cursor_position();
        // Tabs.
        put_tab(count: u16);
        move_backward_tabs(count: u16);
        move_forward_tabs(count: u16);
        set_horizontal_tabstop();
        clear_tabs(which: TabulationClearMode);
        set_tabs(interval: u16);
        // What stands there.
        insert_blank(count: usize);
        insert_blank_lines(count: usize);
        delete_lines(count: usize);
        erase_chars(count: usize);
        delete_chars(count: usize);
        clear_line(which: LineClearMode);
        clear_screen(which: ClearMode);
        scroll_up(lines: usize);
        scroll_down(lines: usize);
        set_scrolling_region(top: usize, bottom: Option<usize>);
        decaln();
        reset_state();
        substitute();
        // How letters are drawn, and which.
        terminal_attribute(attribute: Attr);
        set_active_charset(which: CharsetIndex);
        configure_charset(which: CharsetIndex, charset: StandardCharset);
        set_cursor_style(style: Option<CursorStyle>);
        set_cursor_shape(shape: CursorShape);
        // How the screen and the keyboard behave.
        set_mode(mode: Mode);
        unset_mode(mode: Mode);
        set_keypad_application_mode();
        unset_keypad_application_mode();
        // What the program asks, and is answered on this machine.
        identify_terminal(intermediate: Option<char>);
        device_status(which: usize);
        report_mode(mode: Mode);
        report_private_mode(mode: PrivateMode);
    }

    /// Letters. Marks beyond those that are shown are left out at once: a program could pile up any number on one letter.
    fn input(&mut self, letter: char) {
        if unicode_width::UnicodeWidthChar::width(letter) != Some(0) || self.marks() < MARKS {
            Handler::input(self.0, letter);
        }
    }

    fn set_private_mode(&mut self, mode: PrivateMode) {
        if has_effect(mode) {
            Handler::set_private_mode(self.0, mode);
        }
    }

    fn unset_private_mode(&mut self, mode: PrivateMode) {
        if has_effect(mode) {
            Handler::unset_private_mode(self.0, mode);
        }
    }
}

impl<L> Confined<'_, L> {
    /// How many marks stand on the letter that the next mark goes to.
    fn marks(&self) -> usize {
        let grid = self.0.grid();
        let cursor = &grid.cursor;
        let (line, mut column): (Line, Column) = (cursor.point.line, cursor.point.column);
        if !cursor.input_needs_wrap {
            column.0 = column.0.saturating_sub(1);
        }
        if grid[line][column].flags.contains(Flags::WIDE_CHAR_SPACER) {
            column.0 = column.0.saturating_sub(1);
        }
        grid[line][column].zerowidth().map_or(0, <[char]>::len)
    }
}

/// Nobody hears of the mouse, and nobody's attention is called for.
fn has_effect(mode: PrivateMode) -> bool {
    matches!(
        mode,
        PrivateMode::Named(
            NamedPrivateMode::CursorKeys
                | NamedPrivateMode::ColumnMode
                | NamedPrivateMode::Origin
                | NamedPrivateMode::LineWrap
                | NamedPrivateMode::BlinkingCursor
                | NamedPrivateMode::ShowCursor
                | NamedPrivateMode::SwapScreenAndSetRestoreCursor
                | NamedPrivateMode::BracketedPaste
        )
    )
}
