/// Backups in an object store: stripes are uploaded as multipart uploads and downloaded in checked blocks.
///
/// The entry point is [S3Store], one bucket seen through one client. [MemoryBudget] manages memory: it admits a run
/// with its stripes' minimum, and lends free memory beyond that. [StripeUpload] takes bytes from a device's thread
/// and stores them as objects; [StripeDownload] fetches them back, verified, in order. Neither blocks the caller: a
/// `Mono` completes when the caller may go on.
///
/// This package knows nothing of SQL Server.
@NullMarked
package dev.sluice.s3;

import org.jspecify.annotations.NullMarked;
