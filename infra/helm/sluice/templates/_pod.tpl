{{/*
What a pod of SQL Server needs so that Sluice can live in it. The chart's own StatefulSet includes these, and so does another chart that
has this one as a dependency:

  spec:
    securityContext: {{- include "sluice.podSecurityContext" .Subcharts.sluice | nindent 8 }}
    initContainers:  {{- include "sluice.initContainers" .Subcharts.sluice | nindent 8 }}
    volumes:         {{- include "sluice.volumes" .Subcharts.sluice | nindent 8 }}
    containers:
      - name: mssql
        volumeMounts: {{- include "sluice.sqlServerVolumeMounts" .Subcharts.sluice | nindent 12 }}
*/}}

{{/* One user for both, because only the owner of shared memory can open it. */}}
{{- define "sluice.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ .Values.pod.user }}
runAsGroup: {{ .Values.pod.group }}
fsGroup: {{ .Values.pod.fsGroup }}
# A volume of databases is large: its files are given to the group once, and not at each start.
fsGroupChangePolicy: OnRootMismatch
{{- with .Values.pod.supplementalGroups }}
supplementalGroups: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "sluice.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "sluice.initContainers" -}}
{{- include "sluice.check" . -}}
# The one file of SQL Server's that Sluice needs, out of the very image that runs: it is never shipped with Sluice, and must match.
- name: vdi-library
  image: {{ .Values.sqlServer.image | quote }}
  command: [sh, -c, "cp -L /opt/mssql/lib/libsqlvdi.so* /vdi/"]
  securityContext: {{- include "sluice.confined" . | nindent 4 }}
  resources:
    requests: { cpu: 10m, memory: 32Mi }
    limits: { memory: 128Mi }
  volumeMounts:
    - { name: sluice-vdi, mountPath: /vdi }
# A native sidecar: it starts before SQL Server and ends after it.
- name: sluice
  image: {{ include "sluice.image" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  restartPolicy: Always
  securityContext: {{- include "sluice.confined" . | nindent 4 }}
  env:
    # The start script sets it: what Sluice makes in shared memory is for its user and group.
    - { name: SLUICE_UMASK, value: "0007" }
    {{- with .Values.jvmFlags }}
    - { name: SLUICE_JVM_FLAGS, value: {{ . | quote }} }
    {{- end }}
    {{- with .Values.env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - { name: sluice-http, containerPort: {{ include "sluice.port" . }} }
  # Neither waits for SQL Server, which starts only after this one has: started means that the configuration is valid.
  startupProbe:
    httpGet: { path: /health/started, port: sluice-http }
    periodSeconds: 1
    timeoutSeconds: 3
    failureThreshold: 60
  livenessProbe:
    httpGet: { path: /health/live, port: sluice-http }
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
  # No readiness: an outage of the bucket would take SQL Server out of its Service.
  resources: {{- toYaml .Values.resources | nindent 4 }}
  volumeMounts:
    - { name: sluice-shm, mountPath: /dev/shm }
    - { name: sluice-vdi, mountPath: /opt/mssql/lib, readOnly: true }
    # Directories, not single files: those would keep their first content for ever.
    - { name: sluice-config, mountPath: /etc/sluice, readOnly: true }
    - { name: sluice-secrets, mountPath: /run/secrets/sluice, readOnly: true }
    {{- if .Values.ca.configMap }}
    - { name: sluice-ca, mountPath: /etc/sluice-ca, readOnly: true }
    {{- end }}
{{- end }}

{{- define "sluice.volumes" -}}
{{- $keys := .Values.secrets.keys -}}
- name: sluice-shm
  emptyDir: { medium: Memory, sizeLimit: {{ .Values.sharedMemory.size }} }
- name: sluice-vdi
  emptyDir: { sizeLimit: 64Mi }
- name: sluice-config
  configMap:
    name: {{ include "sluice.fullname" . }}
    items:
      - { key: sluice.yaml, path: sluice.yaml }
- name: sluice-mssql-conf
  configMap:
    name: {{ include "sluice.fullname" . }}
    items:
      - { key: mssql.conf, path: mssql.conf }
- name: sluice-secrets
  secret:
    secretName: {{ include "sluice.secretName" . }}
    defaultMode: 0440
    items:
      {{- if not .Values.config.server.kerberos }}
      - { key: {{ $keys.sqlPassword }}, path: sql-password }
      {{- end }}
      - { key: {{ $keys.httpToken }}, path: http-token }
      {{- if .Values.secrets.s3Keys }}
      - { key: {{ $keys.s3AccessKeyId }}, path: s3-access-key-id }
      - { key: {{ $keys.s3SecretAccessKey }}, path: s3-secret-access-key }
      {{- end }}
      {{- range .Values.secrets.further }}
      - { key: {{ . }}, path: {{ . }} }
      {{- end }}
{{- with .Values.ca }}
{{- if .configMap }}
- name: sluice-ca
  configMap:
    name: {{ .configMap }}
    items:
      - { key: {{ .key }}, path: ca.pem }
{{- end }}
{{- end }}
{{- end }}

{{- define "sluice.sqlServerVolumeMounts" -}}
- { name: sluice-shm, mountPath: /dev/shm }
- { name: sluice-mssql-conf, mountPath: /var/opt/mssql/mssql.conf, subPath: mssql.conf, readOnly: true }
{{- end }}
