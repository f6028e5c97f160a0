/// Tests of the vocabulary: every number against Microsoft's headers.
@NullMarked
package dev.sluice.vdi;

import org.jspecify.annotations.NullMarked;
