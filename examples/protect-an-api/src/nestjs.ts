import 'reflect-metadata'
import { protect, type VerifiedToken } from '@mintmark/resource-server'
import { requireToken, serveMetadata, tokenDecorator } from '@mintmark/resource-server/nestjs'
import { Controller, Delete, Get, HttpCode, Module, Param, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

const {
  ISSUER = 'http://localhost:6749/default/demo',
  AUDIENCE = 'https://weather.example',
  PORT = '6752',
} = process.env
const api = protect({
  issuer: ISSUER,
  audience: AUDIENCE,
  metadata: { scopes: ['weather:read', 'weather:write'] },
  onRefusal: ({ check }) => console.error('refused:', check),
})

const Token = tokenDecorator(api)

class WeatherController {
  health() {
    return { ok: true }
  }
  show(city: string, token: VerifiedToken) {
    return { city, askedBy: token.clientId }
  }
  remove() {}
}

// Node runs this file as it is, and knows no decorator syntax: what @Get() would do is called.
const weather = WeatherController.prototype
const methodOf = (name: keyof WeatherController) => Object.getOwnPropertyDescriptor(weather, name) ?? {}
Controller()(WeatherController)
Reflect.decorate([Get('health')], weather, 'health', methodOf('health'))
Reflect.decorate(
  [Get('weather/:city'), UseGuards(requireToken(api, ['weather:read']))],
  weather,
  'show',
  methodOf('show'),
)
Param('city')(weather, 'show', 0)
Token()(weather, 'show', 1)
const write = requireToken(api, { any: ['weather:write', 'weather:admin'] })
Reflect.decorate([Delete('weather/:city'), HttpCode(204), UseGuards(write)], weather, 'remove', methodOf('remove'))

class WeatherModule {}
Module({ controllers: [WeatherController] })(WeatherModule)

const app = await NestFactory.create(WeatherModule, { logger: ['error', 'warn'] })
app.use(serveMetadata(api))
await app.listen(Number(PORT), '127.0.0.1')
console.log(`listening on http://127.0.0.1:${PORT}`)
