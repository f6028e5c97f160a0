/// What differs between servers of different countries: collations, languages, and how text is read as a date.
///
/// Only what programs stumble over is here. Messages stay English whatever the language, letters beyond ASCII
/// are ordered by their code points, and texts compare by the server's collation even in a database that has
/// another one.
@NullMarked
package dev.sluice.simulator.regional;

import org.jspecify.annotations.NullMarked;
