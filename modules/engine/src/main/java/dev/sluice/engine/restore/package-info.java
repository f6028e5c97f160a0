/// What a restore needs, and what was found out about it: values that every surface shows alike.
@NullMarked
package dev.sluice.engine.restore;

import org.jspecify.annotations.NullMarked;
