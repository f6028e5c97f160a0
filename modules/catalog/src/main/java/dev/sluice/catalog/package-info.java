/// The contents of the bucket: the layout of its keys, and the documents that describe backups.
///
/// ```
/// <prefix>/<server>/owner.json
/// <prefix>/<server>/pending/<backupId>.json
/// <prefix>/<server>/removals/<backupId>.json
/// <prefix>/<server>/holds/<backupId>.json
/// <prefix>/<server>/data/<db>/<backupId>/stripe-001.bak            (stripe-001.002.bak and so on: further segments)
/// <prefix>/<server>/catalog/<db>/<utc>_<F|D|L>_<first-lsn>_<last-lsn>_<bytes>_<backupId>.json
/// ```
///
/// A backup is *pending* from before its first byte until SQL Server's verdict, then it has a catalog entry. Both
/// documents are [BackupDocument]s. The key of an entry has the facts that a plan of a restore needs, so that ten
/// thousand backups take ten requests for listings, and no read of a document.
///
/// The entry point is [Catalog].
@NullMarked
package dev.sluice.catalog;

import org.jspecify.annotations.NullMarked;
