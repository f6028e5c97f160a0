/// Tells people, and the programs that wake them, when backups fail, work again, or rest on a broken chain, and
/// when a log is nearly full.
///
/// [Notifications] hears of jobs as every other listener does, and of logs from the service's `LogWatch`. For
/// each configured receiver it decides whether an event is news, and puts a [Notification] into that
/// receiver's [Outbox]: a bounded queue with a thread of its own. So a receiver that hangs or is gone delays
/// no job, no other receiver, and the end of the service by a few seconds at most. Retries, order and the
/// count of what was lost belong to the outbox; a [Channel] makes one attempt.
///
/// This package knows the service; the service knows listeners only.
@NullMarked
package dev.sluice.sidecar.notify;

import org.jspecify.annotations.NullMarked;
