/// The backup stream of SQL Server, as it is written and as it is read back.
///
/// What SQL Server sends to a backup device is Microsoft Tape Format (MTF) of 1997 with a few inventions of its
/// own: a chain of descriptor blocks, each followed by named data streams, almost all of whose bytes are
/// database pages. This package holds the words of that format: log sequence numbers ([Lsn]), the kinds of
/// backup ([BackupSetType]), GUIDs and dates in their stored forms, the two checksums ([HeaderChecksum] over
/// headers, [BackupChecksum] over pages and log), and the facts a stream tells about itself ([MediaLabel],
/// [BackupSet], [BackupHeader]).
///
/// `inspect` reads: a stream is pushed through it in chunks of any size while it passes on to its destination, and in
/// the end a report says what it was and whether it arrived whole. `xpress` decompresses the container that SQL
/// Server uses for compressed backups. The simulator writes streams, in a package of its own.
///
/// The format has no public, complete description. What is relied on here was measured on real backups written
/// to disk by SQL Server 2005 to 2025; what is only a guess says so where it is used. Of a stream that
/// travelled through VDI no real capture was available, therefore nothing in here treats the unfamiliar as an
/// error: it is reported as not inspected, and the backup goes on.
@NullMarked
package dev.sluice.mtf;

import org.jspecify.annotations.NullMarked;
