/// Catalog entries from the data alone: of backups that Sluice has taken and whose entries are lost (*rebuild*), and
/// of files that other programs have put into the bucket (*adopt*).
///
/// Both look at the first and the last bytes of each object, put the stripes together, and write entries beside what
/// is there: nothing is overwritten, moved or deleted.
@NullMarked
package dev.sluice.engine.rebuild;

import org.jspecify.annotations.NullMarked;
