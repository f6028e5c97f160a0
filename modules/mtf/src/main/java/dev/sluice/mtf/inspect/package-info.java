/// Reads a backup stream while it passes.
///
/// [StreamInspector] is the door: bytes go in as they come, in chunks that know nothing of blocks, and an
/// [Inspection] can be asked for at any time. Inside, one walker follows the chain of blocks and streams and
/// remembers only the header it is in the middle of; page data is passed on in place and never kept. What is
/// made of it is the business of listeners: one collects facts, one checks structure, one recomputes checksums,
/// one adds up what no check covers, one cuts pages.
///
/// [StripeSetValidator] looks at the inspections of all stripes together and answers as SQL Server would on
/// restore.
@NullMarked
package dev.sluice.mtf.inspect;

import org.jspecify.annotations.NullMarked;
