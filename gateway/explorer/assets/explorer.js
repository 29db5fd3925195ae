// GraphiQL with a sign-in bar. The token lives in this tab's session storage and goes into the authorization header
// and the WebSocket's connectionParams, nowhere else.
import { createClient } from '/explorer/graphql-ws/client.js';

const { createElement, useEffect, useMemo, useState } = React;
const endpoint = new URL('/graphql', location.href);
const storageKey = 'meridian.session';

const firstQuery = `# Meridian. Sign in above; the schema and completion (Ctrl-Space) follow.
# Queries, mutations and subscriptions all run from here.
{
  viewer {
    user { login displayName }
    permissions
  }
}
`;

const signInMutation = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { token userErrors { message } }
}`;

async function signIn(login, password) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: signInMutation, variables: { input: { login, password } } }),
  });
  const { data, errors } = await response.json();
  const problem = errors?.[0]?.message ?? data?.signIn?.userErrors?.[0]?.message;
  if (problem || !data?.signIn?.token) throw new Error(problem ?? 'The sign-in gave no token.');
  return { login, token: data.signIn.token };
}

function readSession() {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey));
  } catch {
    return null;
  }
}

function connect(session, onRefused) {
  const authorization = session ? `Bearer ${session.token}` : undefined;
  const socketUrl = new URL(endpoint);
  socketUrl.protocol = socketUrl.protocol.replace('http', 'ws');
  const wsClient = createClient({
    url: socketUrl.href,
    connectionParams: authorization ? { authorization } : undefined,
    // 4403: the token is no longer valid. Trying again would not help.
    shouldRetry: (event) => event?.code !== 4403,
    on: { closed: (event) => event?.code === 4403 && onRefused() },
  });
  const fetcher = GraphiQL.createFetcher({
    url: endpoint.href,
    wsClient,
    headers: authorization ? { authorization } : {},
    fetch: async (...args) => {
      const response = await fetch(...args);
      if (response.status === 401 && session) onRefused();
      return response;
    },
  });
  return { fetcher, close: () => wsClient.dispose() };
}

function SessionBar({ session, onSignIn, onSignOut }) {
  const [problem, setProblem] = useState('');
  if (session) {
    return createElement(
      'div',
      { className: 'session' },
      createElement('strong', null, 'Meridian'),
      createElement('span', null, `Signed in as ${session.login}`),
      createElement('button', { type: 'button', onClick: onSignOut }, 'Forget token'),
    );
  }
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    try {
      onSignIn(await signIn(form.get('login'), form.get('password')));
      setProblem('');
    } catch (error) {
      setProblem(error.message);
    }
  };
  return createElement(
    'form',
    { className: 'session', onSubmit: submit },
    createElement('strong', null, 'Meridian'),
    problem && createElement('span', { className: 'problem', role: 'alert' }, problem),
    createElement('input', { name: 'login', placeholder: 'Login', autoComplete: 'username', required: true }),
    createElement('input', {
      name: 'password',
      type: 'password',
      placeholder: 'Password',
      autoComplete: 'current-password',
      required: true,
    }),
    createElement('button', { type: 'submit' }, 'Sign in'),
  );
}

function Explorer() {
  const [session, setSession] = useState(readSession);
  const remember = (next) => {
    if (next) sessionStorage.setItem(storageKey, JSON.stringify(next));
    else sessionStorage.removeItem(storageKey);
    setSession(next);
  };
  const { fetcher, close } = useMemo(() => connect(session, () => remember(null)), [session]);
  useEffect(() => close, [close]);
  return createElement(
    React.Fragment,
    null,
    createElement(SessionBar, { session, onSignIn: remember, onSignOut: () => remember(null) }),
    createElement(
      'div',
      { className: 'explorer' },
      // The key makes GraphiQL ask for the schema again, as the new user.
      createElement(GraphiQL, { key: session?.token ?? '', fetcher, defaultQuery: firstQuery }),
    ),
  );
}

ReactDOM.createRoot(document.getElementById('root')).render(createElement(Explorer));
