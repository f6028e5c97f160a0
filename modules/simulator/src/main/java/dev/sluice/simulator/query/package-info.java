/// SELECT over virtual tables.
///
/// A [Catalog] says which tables exist and what is in them at the moment; an [Environment] says what variables and
/// functions of the session are worth. [QueryEngine] binds a query to both, so that unknown columns and tables are
/// errors before anything runs, and evaluates it by nested loops, which is quick enough for tables of the size
/// that a catalog has.
///
/// Left out, and refused: UNION, common table expressions, window functions, subqueries with ALL or ANY.
@NullMarked
package dev.sluice.simulator.query;

import org.jspecify.annotations.NullMarked;
