{{- define "sluice.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "sluice.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "sluice.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "sluice.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "sluice.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sluice.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sluice.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{ include "sluice.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "sluice.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sluice.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{- define "sluice.secretName" -}}
{{- default (include "sluice.fullname" .) .Values.secrets.existing -}}
{{- end }}

{{- define "sluice.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end }}

{{- define "sluice.port" -}}
{{- regexReplaceAll "^.*:" .Values.http.listen "" -}}
{{- end }}

{{/* What no schema can say, or not in words that help. Every document of the chart includes it. */}}
{{- define "sluice.check" -}}
{{- $values := .Values -}}
{{- if not $values.image.repository -}}
{{- fail "image.repository is missing: the image of Sluice, in your registry (infra/docker/build makes it)" -}}
{{- end -}}
{{- if not $values.sqlServer.image -}}
{{- fail "sqlServer.image is missing: SQL Server's own image, of which libsqlvdi.so is taken too, with a tag" -}}
{{- end -}}
{{- if not $values.config.server.identity -}}
{{- fail "config.server.identity is missing: the server's name in the bucket, for ever" -}}
{{- end -}}
{{- if not $values.config.store.bucket -}}
{{- fail "config.store.bucket is missing: the bucket, which must exist" -}}
{{- end -}}
{{- if not (or $values.config.store.region $values.config.store.endpoint) -}}
{{- fail "config.store.region is missing: the bucket's region, or config.store.endpoint for another server than Amazon's" -}}
{{- end -}}
{{- if regexMatch "^(127\\.|\\[::1\\])" $values.http.listen -}}
{{- fail (printf "http.listen is %s: the kubelet's probes come to the pod's address, so it must not be loopback" $values.http.listen) -}}
{{- end -}}
{{- if and $values.secrets.existing $values.secrets.create -}}
{{- fail "secrets.existing and secrets.create exclude each other: name a Secret, or let the chart make one" -}}
{{- end -}}
{{- if not $values.secrets.existing -}}
{{- $proveServer := default (dict) (get (default (dict) $values.config.prove) "server") -}}
{{- range $key, $server := dict "server" $values.config.server "prove.server" $proveServer -}}
{{- if $server.kerberos -}}
{{- fail (printf "config.%s.kerberos needs secrets.existing: a keytab is no text, so the chart cannot make a Secret of it" $key) -}}
{{- end -}}
{{- end -}}
{{- $needed := list "sqlPassword" "httpToken" -}}
{{- if eq $values.mode "standalone" }}{{- $needed = append $needed "saPassword" }}{{- end -}}
{{- if $values.secrets.s3Keys }}{{- $needed = concat $needed (list "s3AccessKeyId" "s3SecretAccessKey") }}{{- end -}}
{{- range $needed -}}
{{- if not (get $values.secrets.create .) -}}
{{- fail (printf "secrets.create.%s is missing: or name a Secret with the key %s in secrets.existing" . (get $values.secrets.keys .)) -}}
{{- end -}}
{{- end -}}
{{- range $values.secrets.further -}}
{{- if not (hasKey (default (dict) $values.secrets.create.further) .) -}}
{{- fail (printf "secrets.create.further.%s is missing, which secrets.further names" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if eq $values.mode "standalone" -}}
{{- if not $values.sqlServer.acceptEula -}}
{{- fail "sqlServer.acceptEula is false: SQL Server starts only if you accept its licence" -}}
{{- end -}}
{{- else if not $values.sidecar.selector -}}
{{- fail "sidecar.selector is missing: the labels of the pods that include Sluice, for its Service" -}}
{{- end -}}
{{- end }}

{{/* sluice.yaml: the values' sections, and what the chart knows better. */}}
{{- define "sluice.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if $config.server.kerberos -}}
{{- $_ := unset $config.server "user" -}}
{{- else -}}
{{- $_ := set $config.server "password" "${file:/run/secrets/sluice/sql-password}" -}}
{{- end -}}
{{- if .Values.secrets.s3Keys -}}
{{- $_ := set $config.store "credentials" (dict
      "access-key-id" "${file:/run/secrets/sluice/s3-access-key-id}"
      "secret-access-key" "${file:/run/secrets/sluice/s3-secret-access-key}") -}}
{{- end -}}
{{- if .Values.ca.configMap -}}
{{- $_ := set $config.store "ca" "/etc/sluice-ca/ca.pem" -}}
{{- end -}}
{{- $_ := set $config "http" (dict "listen" .Values.http.listen "token" "${file:/run/secrets/sluice/http-token}") -}}
{{- toYaml $config -}}
{{- end }}

{{/* mssql.conf: the values' sections, and the switch without which a container shares no memory. */}}
{{- define "sluice.mssqlConf" -}}
{{- $conf := deepCopy .Values.sqlServer.conf -}}
{{- $memory := default (dict) (get $conf "memory") -}}
{{- $_ := set $memory "enablecontainersharedmemory" "true" -}}
{{- $_ := set $conf "memory" $memory -}}
{{- range $section, $keys := $conf -}}
[{{ $section }}]
{{ range $key, $value := $keys -}}
{{ $key }} = {{ $value }}
{{ end -}}
{{- end -}}
{{- end }}
