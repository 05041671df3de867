{{- define "mintmark.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "mintmark.selector" -}}
app.kubernetes.io/name: mintmark
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "mintmark.labels" -}}
{{ include "mintmark.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{- define "mintmark.image" -}}
{{- if .Values.image.digest }}{{ printf "%s@%s" .Values.image.repository .Values.image.digest }}{{ else }}{{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}{{ end }}
{{- end }}

{{- define "mintmark.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "mintmark.name" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{- define "mintmark.scheme" -}}
{{- if .Values.tls.existingSecret }}https{{ else }}http{{ end }}
{{- end }}

{{- define "mintmark.adminUrl" -}}
{{- .Values.adminUrl | default (printf "%s://%s-management.%s.svc:%v" (include "mintmark.scheme" .) (include "mintmark.name" .) .Release.Namespace .Values.managementService.port) }}
{{- end }}

{{- /* What cannot be checked by values.schema.json alone. */}}
{{- define "mintmark.check" -}}
{{- if and (not .Values.tls.existingSecret) (not .Values.tls.insecureHttp) }}
{{- fail "say how the listeners are protected: tls.existingSecret, or tls.insecureHttp: true in a network that encrypts by itself" }}
{{- end }}
{{- if and .Values.tls.existingSecret .Values.tls.insecureHttp }}
{{- fail "tls.existingSecret and tls.insecureHttp: set one" }}
{{- end }}
{{- if and .Values.migration.enabled (not .Values.migration.url) }}
{{- fail "migration.url: the database as the role that owns its tables (or migration.enabled: false)" }}
{{- end }}
{{- if and .Values.podDisruptionBudget.enabled (ge (int .Values.podDisruptionBudget.minAvailable) (int .Values.replicas)) }}
{{- fail "podDisruptionBudget.minAvailable must be less than replicas: else no machine can be drained" }}
{{- end }}
{{- range $name, $value := .Values.settings }}
{{- if not (hasPrefix "MINTMARK_" $name) }}{{ fail (printf "settings: %s is no setting of Mintmark" $name) }}{{ end }}
{{- if regexMatch (include "mintmark.ownSettings" $) $name }}{{ fail (printf "settings: %s is set by the chart: use the value of its own" $name) }}{{ end }}
{{- end }}
{{- if and .Values.mtls.enabled (not .Values.tls.existingSecret) }}
{{- fail "mtls.enabled needs tls.existingSecret: certificates of clients come with TLS" }}
{{- end }}
{{- end }}

{{- /* What the deployment sets, and secrets, which are files. */}}
{{- define "mintmark.ownSettings" -}}
^MINTMARK_(URL|ADMIN_URL|ADMIN_HOST|ADMIN_PORT|PUBLIC_HOST|PUBLIC_PORT|DATA_DIR|STORE(_.*)?|MASTER_KEY(_.*)?|TLS(_.*)?|INSECURE_HTTP|MTLS|MTLS_PORT|MTLS_URL|DRAIN_DELAY|DRAIN_TIMEOUT)$
{{- end }}

{{- define "mintmark.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "mintmark.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- /* The store's settings but its URL and password: the same for the nodes and the migration. */}}
{{- define "mintmark.storeEnvironment" -}}
{{- if .Values.store.caSecret.name }}
- { name: MINTMARK_STORE_CA_FILE, value: /secrets/store-ca/{{ .Values.store.caSecret.key }} }
{{- end }}
{{- if .Values.store.insecure }}
- { name: MINTMARK_STORE_INSECURE, value: 'true' }
{{- end }}
{{- end }}
