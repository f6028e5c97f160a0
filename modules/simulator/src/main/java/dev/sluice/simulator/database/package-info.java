/// What a server has: databases, and the history of their backups.
///
/// A database holds no data. The content of a page follows from a seed, the page's place and its version, so only
/// the versions of changed pages are kept, and a database of any size costs nothing. A *raw* database is a set of
/// files, sent as they are.
@NullMarked
package dev.sluice.simulator.database;

import org.jspecify.annotations.NullMarked;
