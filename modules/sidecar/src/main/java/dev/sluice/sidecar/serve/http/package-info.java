/// The service over HTTP: routes, who may ask, what a request says, and the answers, as `openapi.json` describes
/// them.
///
/// This package knows the service; the service knows an [dev.sluice.sidecar.serve.Endpoint] and nothing of HTTP.
@NullMarked
package dev.sluice.sidecar.serve.http;

import org.jspecify.annotations.NullMarked;
