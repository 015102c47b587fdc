// This file is generated from openapi.json by `npm run generate`.
import type { ServerSentEvent } from '../streams.js';
import type * as types from './types.gen.js';

/** What each route takes and answers. */
export interface Operations {
  'POST /auth/register': {
    options: { body: types.RegisterAccountData['body'] };
    answer: types.RegisterAccountResponses[201] | undefined;
  };
  'POST /auth/login': {
    options: { body: types.LogInData['body'] };
    answer: types.LogInResponses[200];
  };
  'GET /users/me': {
    options: object;
    answer: types.GetOwnAccountResponses[200];
  };
  'PUT /users/me': {
    options: { body: types.UpdateOwnAccountData['body'] };
    answer: types.UpdateOwnAccountResponses[200];
  };
  'DELETE /users/me': {
    options: object;
    answer: undefined;
  };
  'GET /health/live': {
    options: object;
    answer: types.GetLivenessResponses[200];
  };
  'GET /health/ready': {
    options: object;
    answer: types.GetReadinessResponses[200];
  };
  'GET /audit/events': {
    options: { query?: NonNullable<types.ListAuditEntriesData['query']> | undefined };
    answer: types.ListAuditEntriesResponses[200];
  };
  'GET /audit/export': {
    options: { query?: NonNullable<types.ExportAuditEntriesData['query']> | undefined };
    answer: AsyncIterable<unknown>;
  };
  'GET /audit/seals': {
    options: { query?: NonNullable<types.ExportAuditSealsData['query']> | undefined };
    answer: AsyncIterable<unknown>;
  };
  'GET /audit/verification': {
    options: { query?: NonNullable<types.VerifyAuditTrailData['query']> | undefined };
    answer: types.VerifyAuditTrailResponses[200];
  };
  'GET /audit/stream': {
    options: { query?: NonNullable<types.FollowAuditTrailData['query']> | undefined };
    answer: AsyncIterable<ServerSentEvent>;
  };
  'GET /users/me/activity': {
    options: { query?: NonNullable<types.ListOwnActivityData['query']> | undefined };
    answer: types.ListOwnActivityResponses[200];
  };
  'GET /rate-limits': {
    options: object;
    answer: types.ListRateLimitsResponses[200];
  };
  'POST /auth/refresh': {
    options: { body?: NonNullable<types.RefreshTokensData['body']> | undefined };
    answer: types.RefreshTokensResponses[200];
  };
  'POST /auth/logout': {
    options: { body?: NonNullable<types.LogOutData['body']> | undefined };
    answer: undefined;
  };
  'GET /users/me/sessions': {
    options: object;
    answer: types.ListOwnSessionsResponses[200];
  };
  'DELETE /users/me/sessions': {
    options: object;
    answer: undefined;
  };
  'DELETE /users/me/sessions/{id}': {
    options: { params: types.EndOwnSessionData['path'] };
    answer: undefined;
  };
  'GET /.well-known/jwks.json': {
    options: object;
    answer: types.GetJwksResponses[200];
  };
  'GET /revocations': {
    options: { query?: NonNullable<types.ListRevocationsData['query']> | undefined };
    answer: types.ListRevocationsResponses[200];
  };
  'POST /auth/invitation': {
    options: { body: types.AcceptInvitationData['body'] };
    answer: types.AcceptInvitationResponses[201];
  };
  'POST /auth/login/factor': {
    options: { body: types.LogInWithFactorData['body'] };
    answer: types.LogInWithFactorResponses[200];
  };
  'GET /users/me/factors': {
    options: object;
    answer: types.ListOwnFactorsResponses[200];
  };
  'POST /users/me/factors/totp': {
    options: { body: types.EnrolTotpData['body'] };
    answer: types.EnrolTotpResponses[201];
  };
  'POST /users/me/factors/totp/{id}/confirm': {
    options: { params: types.ConfirmTotpData['path']; body: types.ConfirmTotpData['body'] };
    answer: types.ConfirmTotpResponses[200];
  };
  'PUT /users/me/factors/{id}': {
    options: { params: types.RenameOwnFactorData['path']; body: types.RenameOwnFactorData['body'] };
    answer: types.RenameOwnFactorResponses[200];
  };
  'DELETE /users/me/factors/{id}': {
    options: { params: types.RemoveOwnFactorData['path'] };
    answer: undefined;
  };
  'POST /users/me/recovery-codes': {
    options: object;
    answer: types.RenewRecoveryCodesResponses[201];
  };
  'POST /auth/recovery': {
    options: { body: types.RecoverFactorsData['body'] };
    answer: undefined;
  };
  'POST /auth/recovery/cancel': {
    options: { body: types.CancelRecoveryData['body'] };
    answer: undefined;
  };
  'POST /auth/recovery/finish': {
    options: { body: types.FinishRecoveryData['body'] };
    answer: undefined;
  };
  'DELETE /users/me/recovery': {
    options: object;
    answer: undefined;
  };
  'POST /users/me/factors/passkeys/options': {
    options: object;
    answer: types.BeginPasskeyResponses[200];
  };
  'POST /users/me/factors/passkeys': {
    options: { body: types.RegisterPasskeyData['body'] };
    answer: types.RegisterPasskeyResponses[201];
  };
  'POST /auth/passkey/options': {
    options: { body: types.BeginPasskeyAuthenticationData['body'] };
    answer: types.BeginPasskeyAuthenticationResponses[200];
  };
  'POST /auth/passkey': {
    options: { body: types.LogInWithPasskeyData['body'] };
    answer: types.LogInWithPasskeyResponses[200];
  };
  'POST /auth/step-up': {
    options: { body: types.StepUpData['body'] };
    answer: types.StepUpResponses[200];
  };
  'GET /users/me/export': {
    options: object;
    answer: types.ExportOwnDataResponses[200];
  };
  'PUT /users/me/password': {
    options: { body: types.ChangeOwnPasswordData['body'] };
    answer: undefined;
  };
  'POST /auth/password/forgot': {
    options: { body: types.ForgotPasswordData['body'] };
    answer: undefined;
  };
  'POST /auth/password/reset': {
    options: { body: types.ResetPasswordData['body'] };
    answer: undefined;
  };
  'POST /auth/sessions/disown': {
    options: { body: types.DisownSessionData['body'] };
    answer: undefined;
  };
  'POST /auth/email/verification': {
    options: { body: types.RequestEmailVerificationData['body'] };
    answer: undefined;
  };
  'POST /auth/email/verify': {
    options: { body: types.VerifyEmailData['body'] };
    answer: undefined;
  };
  'POST /auth/email/undo': {
    options: { body: types.UndoEmailChangeData['body'] };
    answer: undefined;
  };
  'POST /users/me/email': {
    options: { body: types.ChangeOwnEmailData['body'] };
    answer: undefined;
  };
  'GET /users/me/api-keys': {
    options: object;
    answer: types.ListOwnApiKeysResponses[200];
  };
  'POST /users/me/api-keys': {
    options: { body: types.CreateOwnApiKeyData['body'] };
    answer: types.CreateOwnApiKeyResponses[201];
  };
  'DELETE /users/me/api-keys': {
    options: object;
    answer: undefined;
  };
  'POST /users/me/api-keys/{id}/rotation': {
    options: { params: types.RotateOwnApiKeyData['path'] };
    answer: types.RotateOwnApiKeyResponses[201];
  };
  'DELETE /users/me/api-keys/{id}': {
    options: { params: types.RevokeOwnApiKeyData['path'] };
    answer: undefined;
  };
  'GET /admin/service-accounts': {
    options: { query?: NonNullable<types.ListServiceAccountsData['query']> | undefined };
    answer: types.ListServiceAccountsResponses[200];
  };
  'POST /admin/service-accounts': {
    options: { body: types.CreateServiceAccountData['body'] };
    answer: types.CreateServiceAccountResponses[201];
  };
  'GET /admin/service-accounts/{id}': {
    options: { params: types.GetServiceAccountData['path'] };
    answer: types.GetServiceAccountResponses[200];
  };
  'PATCH /admin/service-accounts/{id}': {
    options: { params: types.UpdateServiceAccountData['path']; body: types.UpdateServiceAccountData['body'] };
    answer: types.UpdateServiceAccountResponses[200];
  };
  'DELETE /admin/service-accounts/{id}': {
    options: { params: types.DeleteServiceAccountData['path'] };
    answer: undefined;
  };
  'GET /admin/service-accounts/{id}/api-keys': {
    options: { params: types.ListServiceAccountKeysData['path'] };
    answer: types.ListServiceAccountKeysResponses[200];
  };
  'POST /admin/service-accounts/{id}/api-keys': {
    options: { params: types.CreateServiceAccountKeyData['path']; body: types.CreateServiceAccountKeyData['body'] };
    answer: types.CreateServiceAccountKeyResponses[201];
  };
  'POST /admin/service-accounts/{id}/api-keys/{keyId}/rotation': {
    options: { params: types.RotateServiceAccountKeyData['path'] };
    answer: types.RotateServiceAccountKeyResponses[201];
  };
  'DELETE /admin/service-accounts/{id}/api-keys/{keyId}': {
    options: { params: types.RevokeServiceAccountKeyData['path'] };
    answer: undefined;
  };
  'POST /secret-scanning': {
    options: { body: types.ReportLeakedKeysData['body'] };
    answer: undefined;
  };
  'POST /oauth/token': {
    options: { body: types.CreateTokenData['body'] };
    answer: types.CreateTokenResponses[200];
  };
  'POST /oauth/introspect': {
    options: { body: types.IntrospectTokenData['body'] };
    answer: types.IntrospectTokenResponses[200];
  };
  'POST /oauth/revoke': {
    options: { body: types.RevokeTokenData['body'] };
    answer: undefined;
  };
  'GET /.well-known/oauth-authorization-server': {
    options: object;
    answer: types.GetServerMetadataResponses[200];
  };
  'GET /gate/{rule}': {
    options: { params: types.AskGatewayData['path'] };
    answer: undefined;
  };
  'GET /gateway/redirect': {
    options: { query: types.ReturnToApplicationData['query'] };
    answer: undefined;
  };
  'GET /admin/users': {
    options: { query?: NonNullable<types.ListAccountsData['query']> | undefined };
    answer: types.ListAccountsResponses[200];
  };
  'POST /admin/users': {
    options: { body: types.InviteAccountData['body'] };
    answer: types.InviteAccountResponses[201];
  };
  'GET /admin/users/{id}': {
    options: { params: types.GetAccountData['path'] };
    answer: types.GetAccountResponses[200];
  };
  'PATCH /admin/users/{id}': {
    options: { params: types.UpdateAccountData['path']; body: types.UpdateAccountData['body'] };
    answer: types.UpdateAccountResponses[200];
  };
  'DELETE /admin/users/{id}': {
    options: { params: types.DeleteAccountData['path'] };
    answer: undefined;
  };
  'POST /admin/users/{id}/unlock': {
    options: { params: types.UnlockAccountData['path'] };
    answer: undefined;
  };
  'POST /admin/users/{id}/password-reset': {
    options: { params: types.MailPasswordResetData['path'] };
    answer: undefined;
  };
  'GET /admin/users/{id}/sessions': {
    options: { params: types.ListAccountSessionsData['path'] };
    answer: types.ListAccountSessionsResponses[200];
  };
  'DELETE /admin/users/{id}/sessions': {
    options: { params: types.EndAccountSessionsData['path'] };
    answer: undefined;
  };
  'DELETE /admin/users/{id}/factors': {
    options: { params: types.RemoveAccountFactorsData['path'] };
    answer: undefined;
  };
  'POST /admin/users/{id}/invitation': {
    options: { params: types.RepeatInvitationData['path'] };
    answer: undefined;
  };
  'GET /alerts': {
    options: { query?: NonNullable<types.ListAlertsData['query']> | undefined };
    answer: types.ListAlertsResponses[200];
  };
  'POST /alerts/{id}/acknowledge': {
    options: { params: types.AcknowledgeAlertData['path'] };
    answer: types.AcknowledgeAlertResponses[200];
  };
  'POST /alerts/{id}/resolve': {
    options: { params: types.ResolveAlertData['path'] };
    answer: types.ResolveAlertResponses[200];
  };
  'GET /metrics': {
    options: object;
    answer: string;
  };
}

/** The routes whose body is a form. */
export const FORMS: readonly string[] = ['POST /oauth/token', 'POST /oauth/introspect', 'POST /oauth/revoke'];

export type { ServerSentEvent };
