// Lets only visitors with a pass of waitroom into your site. Asks nobody but for the public keys.
//
// As middleware of Express, Connect or Polka:
//
//     app.use(passRequired({waitroomUrl: 'https://line.example.com', room: 'spring',
//                           siteUrl: 'https://shop.example.com'}))
//
// or try it by itself: `npm install jose`, then
//
//     WAITROOM_URL=https://line.example.com ROOM=spring SITE_URL=http://127.0.0.1:9000 \
//         node verify-pass.mjs
//
// It does not learn that a visitor has finished, or that you have revoked their visit: a pass is
// good until its `exp`. Behind a cache, answers to visitors must not be shared.

import {createServer} from 'node:http';
import {pathToFileURL} from 'node:url';
import {createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify} from 'jose';

const PARAMETER = 'waitroom_pass';

class KeysAway extends Error {}

// waitroom's public keys. While it can't be reached, those that were fetched last stay good.
function publicKeys(url, keptS) {
  const remote = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: keptS * 1_000, timeoutDuration: 5_000,
  });
  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (error) {
      // jose's own errors are verdicts on the pass, but for a set that did not come or is none.
      const away = !(error instanceof errors.JOSEError)
        || ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'].includes(error.code);
      if (!away) throw error;
      const last = remote.jwks();
      if (!last) throw new KeysAway();
      return createLocalJWKSet(last)(header, token);
    }
  };
}

// waitroomUrl: BASE_URL of waitroom, which issues the passes. room: the room's code. siteUrl: the
// address of this site as browsers see it, without a path. keysKeptS: how long to keep the public
// keys; a new key is published 10 minutes before it signs.
//
// Passes on requests with a good pass, with `request.waitroom = {member, visit}`; sends all others
// to the waiting room.
export function passRequired({waitroomUrl, room, siteUrl, keysKeptS = 300}) {
  const issuer = waitroomUrl.replace(/\/+$/, '');
  const site = siteUrl.replace(/\/+$/, '');
  const secure = site.startsWith('https://');
  // __Host-: no other host of your domain can set it.
  const cookieName = `${secure ? '__Host-' : ''}waitroom_${room}`;
  const keys = publicKeys(`${issuer}/.well-known/jwks.json`, keysKeptS);

  async function verify(token) {
    try {
      const {payload} = await jwtVerify(token, keys, {
        issuer,
        audience: room,
        algorithms: ['ES256', 'RS256'],
        requiredClaims: ['sub', 'sid', 'exp'],
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  return async function middleware(request, response, next) {
    // Express rewrites `url` where a part of a site is mounted.
    const [path, query, token] = splitAddress(request.originalUrl ?? request.url);
    const canRedirect = request.method === 'GET' || request.method === 'HEAD';
    const address = `${site}${path}${query && '?'}${query}`;
    let fromAddress, claims;
    try {
      fromAddress = token && await verify(token);
      claims = fromAddress || await verify(cookie(request, cookieName));
    } catch (error) {
      if (error instanceof KeysAway) return answer(response, 503, {'Retry-After': '5'});
      return next(error);
    }
    if (!claims) {
      const waiting = `${issuer}/rooms/${encodeURIComponent(room)}`;
      // A form or a script: a redirect would lose what it sends.
      if (!canRedirect) return answer(response, 401, {Location: waiting});
      return answer(response, 303, {Location: `${waiting}?t=${encodeURIComponent(address)}`});
    }
    if (token !== undefined && canRedirect) {
      // Take the pass out of the address, which people share, into a cookie.
      const headers = {Location: address};
      if (fromAddress) {
        const seconds = Math.max(0, Math.floor(claims.exp - Date.now() / 1_000));
        headers['Set-Cookie'] = `${cookieName}=${token}; Path=/; HttpOnly; SameSite=Lax; `
          + `Max-Age=${seconds}${secure ? '; Secure' : ''}`;
      }
      return answer(response, 303, headers);
    }
    request.waitroom = {member: claims.sub, visit: claims.sid};
    return next();
  };
}

// The path, the query without the pass, and the pass; undefined where there is none.
function splitAddress(url) {
  const cut = url.indexOf('?');
  const path = cut < 0 ? url : url.slice(0, cut);
  const pairs = cut < 0 ? [] : url.slice(cut + 1).split('&').filter(Boolean);
  const isPass = (pair) => pair.split('=', 1)[0] === PARAMETER;
  const found = pairs.filter(isPass).at(-1);
  return [
    path.startsWith('/') ? path : '/',
    pairs.filter((pair) => !isPass(pair)).join('&'),
    found === undefined ? undefined : found.slice(PARAMETER.length + 1),
  ];
}

function cookie(request, name) {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const cut = pair.indexOf('=');
    if (pair.slice(0, cut).trim() === name) return pair.slice(cut + 1).trim();
  }
  return '';
}

function answer(response, status, headers) {
  response.writeHead(status, {'Cache-Control': 'no-store', 'Content-Type': 'text/plain', ...headers});
  response.end(`${status}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const {WAITROOM_URL, ROOM, SITE_URL, KEYS_KEPT_S = '300'} = process.env;
  const guard = passRequired({
    waitroomUrl: WAITROOM_URL, room: ROOM, siteUrl: SITE_URL, keysKeptS: Number(KEYS_KEPT_S),
  });
  const server = createServer((request, response) => guard(request, response, (error) => {
    if (error) return answer(response, 500, {});
    response.writeHead(200, {
      'Cache-Control': 'private, no-store', 'Content-Type': 'text/plain; charset=utf-8',
    });
    response.end(`Welcome to the shop, ${request.waitroom.member}.\n`);
  }));
  server.listen(Number(new URL(SITE_URL).port || 9000), '127.0.0.1');
}
