/// What ran, when, for how long, waiting for what, and how it ended; kept in the bucket for some months.
///
/// A [HistoryJournal] holds the jobs of the current day in memory, within bounds: jobs that matter one by one are
/// entries of their own, and good scheduled log backups are summed up for each database and hour. A
/// [HistoryWriter] stores the journal as one object for each day ([HistoryObject]), rewrites that object at
/// intervals, and removes old ones. A [HistoryReader] answers from these objects and, inside `serve`, from the
/// journal.
///
/// History is told of jobs and never asked by them: it delays and fails none. No decision about a backup rests on
/// it.
///
/// This package does not know the service; the service knows it.
@NullMarked
package dev.sluice.sidecar.history;

import org.jspecify.annotations.NullMarked;
