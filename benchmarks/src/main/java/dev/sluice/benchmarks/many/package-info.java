/// Many databases on one `serve`: how many log backups a minute, and what each costs.
@NullMarked
package dev.sluice.benchmarks.many;

import org.jspecify.annotations.NullMarked;
