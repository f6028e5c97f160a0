/// What becomes of backups whose verdict was lost: after a crash, or when SQL Server stopped answering.
///
/// [dev.sluice.engine.recovery.Proof] says what is proved; without proof everything stays.
@NullMarked
package dev.sluice.engine.recovery;

import org.jspecify.annotations.NullMarked;
