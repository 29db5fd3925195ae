import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateIdentity1795374000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [...tables, ...publishedViews, ...publishedFunctions]) {
      await queryRunner.query(statement);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION identity.note_token_use(text)');
    await queryRunner.query('DROP FUNCTION identity.remove_project_bindings(text)');
    await queryRunner.query('DROP FUNCTION identity.grant_project_owner(text, text, text, timestamptz)');
    await queryRunner.query('DROP VIEW identity.published_credential, identity.published_grant');
    await queryRunner.query(
      'DROP TABLE identity.access_token, identity.sign_in_attempts, identity.session, identity.role_binding, identity.role, identity.team_member, identity.team, identity."user"',
    );
  }
}

const tables = [
  `CREATE TABLE identity."user" (
     id text NOT NULL,
     login text NOT NULL,
     display_name text NOT NULL,
     email text,
     password_hash text NOT NULL,
     disabled boolean NOT NULL,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL,
     version integer NOT NULL,
     CONSTRAINT user_pkey PRIMARY KEY (id),
     CONSTRAINT user_login_unique UNIQUE (login)
   )`,
  `CREATE TABLE identity.team (
     id text NOT NULL,
     name text NOT NULL,
     description text,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL,
     version integer NOT NULL,
     CONSTRAINT team_pkey PRIMARY KEY (id),
     CONSTRAINT team_name_unique UNIQUE (name)
   )`,
  `CREATE TABLE identity.team_member (
     team_id text NOT NULL CONSTRAINT team_member_team_fkey REFERENCES identity.team (id) ON DELETE CASCADE,
     user_id text NOT NULL CONSTRAINT team_member_user_fkey REFERENCES identity."user" (id) ON DELETE CASCADE,
     CONSTRAINT team_member_pkey PRIMARY KEY (team_id, user_id)
   )`,
  'CREATE INDEX team_member_by_user ON identity.team_member (user_id)',
  `CREATE TABLE identity.role (
     id text NOT NULL,
     name text NOT NULL,
     description text,
     built_in boolean NOT NULL,
     permissions text[] NOT NULL,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL,
     version integer NOT NULL,
     CONSTRAINT role_pkey PRIMARY KEY (id),
     CONSTRAINT role_name_unique UNIQUE (name)
   )`,
  `CREATE TABLE identity.role_binding (
     id text NOT NULL,
     role_id text NOT NULL CONSTRAINT role_binding_role_fkey REFERENCES identity.role (id) ON DELETE RESTRICT,
     user_id text CONSTRAINT role_binding_user_fkey REFERENCES identity."user" (id) ON DELETE CASCADE,
     team_id text CONSTRAINT role_binding_team_fkey REFERENCES identity.team (id) ON DELETE CASCADE,
     effect text NOT NULL,
     cluster_id text,
     project_id text,
     landscape_id text,
     application_id text,
     unique_key text NOT NULL,
     created_at timestamptz NOT NULL,
     CONSTRAINT role_binding_pkey PRIMARY KEY (id),
     CONSTRAINT role_binding_unique UNIQUE (unique_key),
     CONSTRAINT role_binding_subject CHECK ((user_id IS NULL) <> (team_id IS NULL)),
     CONSTRAINT role_binding_effect CHECK (effect IN ('ALLOW', 'DENY'))
   )`,
  'CREATE INDEX role_binding_by_user ON identity.role_binding (user_id)',
  'CREATE INDEX role_binding_by_team ON identity.role_binding (team_id)',
  'CREATE INDEX role_binding_by_project ON identity.role_binding (project_id)',
  `CREATE TABLE identity.session (
     id text NOT NULL,
     user_id text NOT NULL CONSTRAINT session_user_fkey REFERENCES identity."user" (id) ON DELETE CASCADE,
     address text,
     created_at timestamptz NOT NULL,
     expires_at timestamptz NOT NULL,
     revoked_at timestamptz,
     CONSTRAINT session_pkey PRIMARY KEY (id)
   )`,
  'CREATE INDEX session_by_user ON identity.session (user_id)',
  `CREATE TABLE identity.sign_in_attempts (
     key text NOT NULL,
     attempts integer NOT NULL,
     window_ends_at timestamptz NOT NULL,
     CONSTRAINT sign_in_attempts_pkey PRIMARY KEY (key)
   )`,
  'CREATE INDEX sign_in_attempts_by_end ON identity.sign_in_attempts (window_ends_at)',
  `CREATE TABLE identity.access_token (
     id text NOT NULL,
     user_id text NOT NULL CONSTRAINT access_token_user_fkey REFERENCES identity."user" (id) ON DELETE CASCADE,
     name text NOT NULL,
     prefix text NOT NULL,
     secret_hash text NOT NULL,
     permissions text[],
     cluster_id text,
     project_id text,
     landscape_id text,
     application_id text,
     created_at timestamptz NOT NULL,
     expires_at timestamptz NOT NULL,
     last_used_at timestamptz,
     revoked_at timestamptz,
     CONSTRAINT access_token_pkey PRIMARY KEY (id)
   )`,
  'CREATE INDEX access_token_by_user ON identity.access_token (user_id)',
];

/** What other subgraphs read: subgraphs/shared/published/grant.ts describes the columns. */
const publishedViews = [
  `CREATE VIEW identity.published_grant AS
     SELECT subject.user_id, permission.name AS permission, binding.effect, binding.cluster_id, binding.project_id,
            binding.landscape_id, binding.application_id
     FROM (
       SELECT id AS binding_id, user_id FROM identity.role_binding WHERE user_id IS NOT NULL
       UNION ALL
       SELECT team_binding.id, member.user_id
       FROM identity.role_binding team_binding JOIN identity.team_member member ON member.team_id = team_binding.team_id
     ) subject
     JOIN identity.role_binding binding ON binding.id = subject.binding_id
     JOIN identity.role role ON role.id = binding.role_id
     CROSS JOIN LATERAL unnest(role.permissions) AS permission (name)`,
  `CREATE VIEW identity.published_credential AS
     SELECT session.id, session.user_id, 'SESSION' AS kind,
            session.revoked_at IS NULL AND session.expires_at > now() AND NOT "user".disabled AS active,
            session.expires_at, NULL::text[] AS permissions, NULL::text AS cluster_id, NULL::text AS project_id,
            NULL::text AS landscape_id, NULL::text AS application_id
     FROM identity.session session JOIN identity."user" ON "user".id = session.user_id
     UNION ALL
     SELECT token.id, token.user_id, 'ACCESS_TOKEN',
            token.revoked_at IS NULL AND token.expires_at > now() AND NOT "user".disabled,
            token.expires_at, token.permissions, token.cluster_id, token.project_id,
            token.landscape_id, token.application_id
     FROM identity.access_token token JOIN identity."user" ON "user".id = token.user_id`,
];

/** What others may change here, in their own transactions: helpers in subgraphs/shared/published/grant.ts. */
const publishedFunctions = [
  `CREATE FUNCTION identity.grant_project_owner(owner_id text, project text, binding_id text, at timestamptz)
     RETURNS void LANGUAGE sql AS $$
       INSERT INTO identity.role_binding (id, role_id, user_id, effect, project_id, unique_key, created_at)
       SELECT binding_id, role.id, owner_id, 'ALLOW', project,
              concat_ws(' ', role.id, 'ALLOW', owner_id, '-', project, '-', '-'), at
       FROM identity.role role WHERE role.name = 'project-owner' AND role.built_in
       ON CONFLICT ON CONSTRAINT role_binding_unique DO NOTHING
     $$`,
  `CREATE FUNCTION identity.remove_project_bindings(project text) RETURNS void LANGUAGE sql AS $$
       DELETE FROM identity.role_binding WHERE project_id = project
     $$`,
  `CREATE FUNCTION identity.note_token_use(token_id text) RETURNS void LANGUAGE sql AS $$
       UPDATE identity.access_token SET last_used_at = now()
       WHERE id = token_id AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
     $$`,
];
