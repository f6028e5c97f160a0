/// T-SQL as text: a lexer, a parser, and the statements that come out.
///
/// The dialect is the part of T-SQL that backup programs and their monitoring use. What it does not know it
/// refuses as SQL Server refuses nonsense, with error 102, so that a wrong statement is noticed here and not at a
/// customer's. Nothing in this package knows of databases or devices.
@NullMarked
package dev.sluice.simulator.tsql;

import org.jspecify.annotations.NullMarked;
