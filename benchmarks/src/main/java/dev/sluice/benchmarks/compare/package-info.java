/// The comparison with what else could carry a backup into S3: every client a process of its own, all of them
/// against one [dev.sluice.benchmarks.nulls3.NullS3], in turns.
@NullMarked
package dev.sluice.benchmarks.compare;

import org.jspecify.annotations.NullMarked;
