/// The use cases, one method each: [dev.sluice.engine.Engine] is all that a caller starts from.
///
/// Each use case has a package of its own, with its requests and its results. They share `run`, `bucket`, `stream` and
/// `sql`; `plan` is pure, and knows neither SQL Server nor the bucket. Packages know each other in one direction only.
@NullMarked
package dev.sluice.engine;

import org.jspecify.annotations.NullMarked;
