/// What lies below `infra/` and is not a script, held against the program: the Helm chart, the Terraform module.
@NullMarked
package dev.sluice.deployment;

import org.jspecify.annotations.NullMarked;
