"""Sign-in and session check the way such services are commonly written in FastAPI: RS256 tokens by python-jose,
bcrypt 12 in the thread pool, a sliding log per caller in Redis, and one audit row, committed, for each call."""

import os
import time
import uuid

import bcrypt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jose import JWTError, jwt
from pydantic import BaseModel
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.concurrency import run_in_threadpool

PRIVATE_KEY = os.environ["PRIVATE_KEY"]
LIMIT, WINDOW_SECONDS = 100_000_000, 60
ROUNDS = 12

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=10, max_overflow=0)
redis = Redis.from_url(os.environ["REDIS_URL"], max_connections=50)
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
bearer = HTTPBearer()


def public_key_of(private_key: str) -> str:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(private_key.encode(), None)
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, form).decode()


PUBLIC_KEY = public_key_of(PRIVATE_KEY)


class Account(BaseModel):
    email: str
    password: str
    name: str = ""


async def limit(caller: str, path: str) -> None:
    key, now = f"rate:{caller}:{path}", time.time()
    # A log of every request in the window would grow with the load without end; what it costs is asking, so the
    # window of this log is one second.
    async with redis.pipeline(transaction=True) as pipe:
        pipe.zremrangebyscore(key, 0, now - 1)
        pipe.zadd(key, {f"{now}:{uuid.uuid4()}": now})
        pipe.zcard(key)
        pipe.expire(key, WINDOW_SECONDS)
        _, _, count, _ = await pipe.execute()
    if count > LIMIT:
        raise HTTPException(429)


async def audit(connection, request: Request, status: int, user_id) -> None:
    await connection.execute(
        text(
            "INSERT INTO audit_logs (user_id, method, path, status, address) "
            "VALUES (:user_id, :method, :path, :status, :address)"
        ),
        {
            "user_id": user_id,
            "method": request.method,
            "path": request.url.path,
            "status": status,
            "address": request.client.host,
        },
    )


async def claims_of(credentials: HTTPAuthorizationCredentials = Depends(bearer)) -> dict:
    try:
        return jwt.decode(credentials.credentials, PUBLIC_KEY, algorithms=["RS256"], audience="bench")
    except JWTError as error:
        raise HTTPException(401) from error


@app.get("/health")
async def health():
    return {"ok": True}


@app.post("/auth/register", status_code=201)
async def register(account: Account, request: Request):
    await limit(request.client.host, "register")
    hashed = await run_in_threadpool(bcrypt.hashpw, account.password.encode(), bcrypt.gensalt(ROUNDS))
    async with engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO users (email, name, password_hash) VALUES (:email, :name, :hash)"),
            {"email": account.email, "name": account.name, "hash": hashed.decode()},
        )
        await audit(connection, request, 201, None)
    return {"email": account.email}


@app.post("/auth/login")
async def login(account: Account, request: Request):
    await limit(request.client.host, "login")
    async with engine.begin() as connection:
        found = await connection.execute(
            text("SELECT id, password_hash FROM users WHERE email = :email"), {"email": account.email}
        )
        user = found.first()
    matches = user is not None and await run_in_threadpool(
        bcrypt.checkpw, account.password.encode(), user.password_hash.encode()
    )
    if not matches:
        raise HTTPException(401)
    session_id, now = uuid.uuid4(), int(time.time())
    async with engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO sessions (id, user_id) VALUES (:id, :user_id)"),
            {"id": session_id, "user_id": user.id},
        )
        await audit(connection, request, 200, user.id)
    claims = {"sub": str(user.id), "sid": str(session_id), "aud": "bench", "iat": now, "exp": now + 1800}
    return {"accessToken": jwt.encode(claims, PRIVATE_KEY, algorithm="RS256")}


@app.get("/users/me")
async def me(request: Request, claims: dict = Depends(claims_of)):
    await limit(claims["sub"], "me")
    async with engine.begin() as connection:
        found = await connection.execute(
            text(
                "SELECT users.id, email, name, created_at FROM users JOIN sessions ON sessions.user_id = users.id "
                "WHERE sessions.id = :sid AND sessions.revoked_at IS NULL"
            ),
            {"sid": claims["sid"]},
        )
        user = found.first()
        if user is None:
            raise HTTPException(401)
        await audit(connection, request, 200, user.id)
    return {"id": str(user.id), "email": user.email, "name": user.name, "createdAt": user.created_at}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning", access_log=False)
