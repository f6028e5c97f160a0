/// Writes backup streams: of any size, of any content, the same bytes for the same recipe.
///
/// A [BackupRecipe] says everything; a [StripeStream] is one stripe of it, pulled into memory of any size.
/// Pages and log come from a [PageSource] and a [LogSource], which may be a simulated database, or
/// [SyntheticPages] and [SyntheticLog], whose bytes follow from a seed, so that a reader can check
/// each byte without having kept it. [SyntheticBackup] makes recipes out of a few numbers. [CompressedStream]
/// wraps a stripe into the container of `WITH COMPRESSION`.
///
/// The streams are faithful as containers; the same walker that reads real backups reads them to the last byte.
/// They contain no databases: a real SQL Server would not restore them. The set map (TSMP), the descriptions of
/// virtual log files and the fields whose meaning is unknown are zero or left out.
@NullMarked
package dev.sluice.simulator.generator;

import org.jspecify.annotations.NullMarked;
