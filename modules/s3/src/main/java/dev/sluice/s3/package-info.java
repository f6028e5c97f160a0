/// Backups in an object store: stripes go up as multipart uploads and come down as checked blocks.
///
/// The door is [S3Store], one bucket seen through one client. Memory is the business of [MemoryBudget]: a run is
/// admitted with what its stripes need at least, and may borrow what is free. [StripeUpload] takes bytes from the
/// thread of a device and makes objects of them; [StripeDownload] fetches them back, verified, in order. Neither
/// ever blocks the caller: both say by a `Mono` when the caller may go on.
///
/// This package knows nothing of SQL Server.
@NullMarked
package dev.sluice.s3;

import org.jspecify.annotations.NullMarked;
