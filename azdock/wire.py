"""Constants that client and emulator must spell alike. Each names its published source; nothing else is shared."""

# azure-rest-api-specs, specification/app/resource-manager/Microsoft.App/ContainerApps, stable/2026-07-01
APP_NAMESPACE = "Microsoft.App"
APP_API_VERSION = "2026-07-01"
# azure-rest-api-specs, specification/web/resource-manager/Microsoft.Web
WEB_NAMESPACE = "Microsoft.Web"
WEB_API_VERSION = "2025-05-01"
# learn.microsoft.com/rest/api/managedidentity/user-assigned-identities
IDENTITY_NAMESPACE = "Microsoft.ManagedIdentity"
IDENTITY_API_VERSION = "2023-01-31"
# learn.microsoft.com/rest/api/authorization/role-assignments
AUTHORIZATION_NAMESPACE = "Microsoft.Authorization"
AUTHORIZATION_API_VERSION = "2022-04-01"
# learn.microsoft.com/rest/api/application-insights/components
INSIGHTS_NAMESPACE = "Microsoft.Insights"
COMPONENTS_API_VERSION = "2020-02-02"
# learn.microsoft.com/rest/api/eventgrid/controlplane/event-subscriptions
EVENTS_NAMESPACE = "Microsoft.EventGrid"
EVENTS_API_VERSION = "2025-02-15"
# azure-cli-extensions, azext_containerapp/_clients.py: job replicas and job tokens exist only in this version
JOB_STREAM_API_VERSION = "2023-11-02-preview"
# learn.microsoft.com/rest/api/resources: subscriptions, resource groups, tags
RESOURCES_API_VERSION = "2024-11-01"
TAGS_API_VERSION = "2021-04-01"
SUBSCRIPTIONS_API_VERSION = "2022-12-01"
# learn.microsoft.com/rest/api/loganalytics/workspaces
WORKSPACES_API_VERSION = "2025-02-01"
# learn.microsoft.com/rest/api/monitor/metrics/list
METRICS_API_VERSION = "2024-02-01"
# learn.microsoft.com/rest/api/monitor/diagnostic-settings
DIAGNOSTICS_API_VERSION = "2021-05-01-preview"
# learn.microsoft.com/azure/azure-monitor/logs/api/overview
LOG_QUERY_PATH = "/v1/workspaces/{workspace}/query"
LOG_QUERY_SCOPE = "https://api.loganalytics.io/.default"
# azure-rest-api-specs, specification/storage/resource-manager/Microsoft.Storage
STORAGE_NAMESPACE = "Microsoft.Storage"
STORAGE_API_VERSION = "2026-09-01"
# learn.microsoft.com/rest/api/azure: the resource manager's audience
ARM_SCOPE = "https://management.azure.com/.default"

# learn.microsoft.com/azure/azure-resource-manager/management/async-operations
ASYNC_OPERATION = "Azure-AsyncOperation"
LOCATION = "Location"
RETRY_AFTER = "Retry-After"
# azure-core, azure/core/pipeline/policies/_utils.py: headers a client obeys before Retry-After's whole seconds
RETRY_AFTER_MS = "x-ms-retry-after-ms"
# learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
REQUEST_ID = "x-ms-request-id"
CORRELATION_ID = "x-ms-correlation-request-id"
CLIENT_REQUEST_ID = "x-ms-client-request-id"

# azure-cli, command_modules/containerapp/_ssh_utils.py: first byte of an exec frame (proxy channel) ...
EXEC_FORWARD, EXEC_INFO, EXEC_ERROR = 0, 1, 2
# ... and its second byte (cluster channel)
EXEC_STDIN, EXEC_STDOUT, EXEC_STDERR, EXEC_RESIZE = 0, 1, 2, 4
# Azure-App-Service/KuduLite; azure-cli, appservice/custom.py: the audience of a web app's SCM site in the public cloud
SCM_SCOPE = "https://appservice.azure.com/.default"
