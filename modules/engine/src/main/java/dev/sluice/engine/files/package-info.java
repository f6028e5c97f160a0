/// A backup as plain files: downloaded for SQL Server to read from disk, or joined to one object a stripe.
@NullMarked
package dev.sluice.engine.files;

import org.jspecify.annotations.NullMarked;
